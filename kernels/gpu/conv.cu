// Convolution as a product of two matrices that are never stored: their entries are fetched while they are multiplied.
//
// The columns of im2col would be written and read again, each kh * kw times as large as the image. Here a block of 256
// threads makes ROWS x 128 results: it fetches 8 rows of either factor into shared memory, and each thread multiplies
// ROWS / 16 x 8 of them out of it, so that a value fetched from the image is used ROWS times. Meanwhile the next 8 rows
// are on their way. (Known as implicit GEMM: Chetlur et al., "cuDNN: Efficient Primitives for Deep Learning", 2014.)
//
// A result sums over taps (c, i, j). Their table has four ints for each: where its pixel lies, counted from the one at
// the window's corner; its distance from there in rows and in columns, which tell padding from image; and where its
// weight lies. The table is filled up to a multiple of 8 with taps that lie nowhere.

#ifndef ROWS
#define ROWS 128  // of the result in one block: 32, 64 or 128
#endif

constexpr int DEPTH = 8, COLUMNS = 128, THREADS = 256, TALL = ROWS / 16, WIDE = COLUMNS / 16;
constexpr int LEFT = ROWS / 32, RIGHT = COLUMNS / 32;  // values of a factor that a thread fetches at a time
constexpr int GAP = 4;                                 // in shared memory, so that lanes meet in no bank
constexpr int NOWHERE = 1 << 28;                       // a row outside of every image

struct __align__(16) Tap {
    int offset, row, column, weight;
};

// Which values of a factor's 8 rows a thread fetches: of one row, every 32nd column. Neighbouring threads have what
// lies side by side in memory: neighbouring rows in one kind of factor, neighbouring columns in the other.
struct NextRow {
    static __device__ int row() { return threadIdx.x % DEPTH; }
    static __device__ int column(int i) { return threadIdx.x / DEPTH + 32 * i; }
};
struct NextColumn {
    static __device__ int row() { return threadIdx.x / 32; }
    static __device__ int column(int i) { return threadIdx.x % 32 + 32 * i; }
};

// The results of a thread: rows top().., and columns in two groups of four, 64 apart.
__device__ int top() { return threadIdx.x / 16 * TALL; }
__device__ int side(int j) { return threadIdx.x % 16 * 4 + j % 4 + j / 4 * 64; }

// sum = left^T right, over the rows 8 * from .. 8 * to - 1 of the factors.
template <class Left, class Right>
__device__ void multiply(Left& left, Right& right, int from, int to, T (&sum)[TALL][WIDE]) {
    __shared__ __align__(16) T a[2][DEPTH][ROWS + GAP], b[2][DEPTH][COLUMNS + GAP];
    for (int step = from; step <= to; ++step) {
        int filled = step & 1, ready = 1 - filled;  // what one round fills, the next multiplies
        T next_a[LEFT], next_b[RIGHT];
        if (step < to) {
            left.fetch(step, next_a);
            right.fetch(step, next_b);
        }
        if (step > from) {
#pragma unroll
            for (int k = 0; k < DEPTH; ++k) {
                T column[TALL], row[WIDE];
#pragma unroll
                for (int i = 0; i < TALL; ++i) column[i] = a[ready][k][top() + i];
#pragma unroll
                for (int j = 0; j < WIDE; ++j) row[j] = b[ready][k][side(j)];
#pragma unroll
                for (int i = 0; i < TALL; ++i)
#pragma unroll
                    for (int j = 0; j < WIDE; ++j) sum[i][j] += column[i] * row[j];
            }
        }
        if (step < to) {
#pragma unroll
            for (int i = 0; i < LEFT; ++i) a[filled][Left::Lane::row()][Left::Lane::column(i)] = next_a[i];
#pragma unroll
            for (int i = 0; i < RIGHT; ++i) b[filled][Right::Lane::row()][Right::Lane::column(i)] = next_b[i];
        }
        __syncthreads();
    }
}

// What a block makes: rows and columns of one group's result, of one part of the sum. (Where there are too few blocks
// for the GPU, long sums are cut into parts, which are added up afterwards.)
struct Block {
    int row, column, group, part, from, to;
    __device__ Block(int height, int width, int groups, int parts, int depth) {
        unsigned tall = (height + ROWS - 1) / ROWS, wide = (width + COLUMNS - 1) / COLUMNS, number = blockIdx.x;
        row = number % tall * ROWS, number /= tall;
        column = number % wide * COLUMNS, number /= wide;
        group = number % groups, part = number / groups;
        long long steps = (depth + DEPTH - 1) / DEPTH;
        from = steps * part / parts, to = steps * (part + 1) / parts;
    }
};

// The product Y = W X.

struct Weights {  // a row for each tap, a column for each output channel
    using Lane = NextRow;
    const T* w;
    const Tap* taps;
    int first, M, count, stride;
    __device__ void fetch(int step, T (&values)[LEFT]) {
        int r = step * DEPTH + Lane::row();
        const T* at = w + taps[r].weight;
#pragma unroll
        for (int i = 0; i < LEFT; ++i) {
            int m = first + Lane::column(i);
            values[i] = r < count && m < M ? at[(long long)m * stride] : T(0);
        }
    }
};

struct Windows {  // a row for each tap, a column for each window; a thread stays with its four windows
    using Lane = NextColumn;
    const T* x;
    const Tap* taps;
    int H, W, h[RIGHT], w[RIGHT], corner[RIGHT];
    __device__ Windows(const T* x, int image, const Tap* taps, int first, int count, int H, int W, int OH, int OW,
                       int sh, int sw)
        : x(x), taps(taps), H(H), W(W) {
#pragma unroll
        for (int i = 0; i < RIGHT; ++i) {
            int p = first + Lane::column(i), row = unsigned(p) / OW, n = unsigned(row) / OH;
            int top = (row - n * OH) * sh;
            h[i] = p < count ? top : NOWHERE;
            w[i] = (p - row * OW) * sw;
            corner[i] = n * image + top * W + w[i];
        }
    }
    __device__ void fetch(int step, T (&values)[RIGHT]) {
        Tap tap = taps[step * DEPTH + Lane::row()];
#pragma unroll
        for (int i = 0; i < RIGHT; ++i) {
            // As unsigned numbers, those below 0 are large: one comparison for both ends.
            bool inside = unsigned(h[i] + tap.row) < unsigned(H) && unsigned(w[i] + tap.column) < unsigned(W);
            values[i] = inside ? x[corner[i] + tap.offset] : T(0);
        }
    }
};

// x: groups of C channels, H x W; OH x OW windows, whose corners are (sh, sw) apart. y: groups of M channels of `plane`
// pixels, as many times as there are parts; the result of window (oh, ow) lies at first + row oh + column ow.
// A filter's weights for the next output channel are `stride` further on, those of the next group `filters`.
extern "C" __global__ void __launch_bounds__(THREADS, 2) correlate(
    long long total, const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ bias,
    const int* __restrict__ table, T* __restrict__ y, int biased, int count, int groups, int parts, int M, int C,
    int stride, int filters, int N, int H, int W, int OH, int OW, int sh, int sw, int plane, int first, int row,
    int column) {
    Block block(M, N * OH * OW, groups, parts, count);
    const Tap* taps = reinterpret_cast<const Tap*>(table);
    int size = C * H * W;
    Weights left{w + (long long)block.group * filters, taps, block.row, M, count, stride};
    Windows right(x + block.group * size, groups * size, taps, block.column, N * OH * OW, H, W, OH, OW, sh, sw);
    T sum[TALL][WIDE] = {};
    multiply(left, right, block.from, block.to, sum);
    for (int j = 0; j < WIDE; ++j) {
        int p = block.column + side(j), line = unsigned(p) / OW, n = unsigned(line) / OH;
        if (p >= N * OH * OW) continue;
        long long channel = (((long long)block.part * N + n) * groups + block.group) * M + block.row + top();
        T* at = y + channel * plane + first + (line - n * OH) * row + (p - line * OW) * column;
        for (int i = 0; i < TALL && block.row + top() + i < M; ++i) {
            T added = biased && block.part == 0 ? bias[block.group * M + block.row + top() + i] : T(0);
            at[(long long)i * plane] = sum[i][j] + added;
        }
    }
}

// The product W = Y X^T. The sum runs over the windows of all images, in their order.

struct Window {  // where the thread's window is; both factors look at it, and the second moves it on
    int n, oh, ow, OH, OW;
    __device__ Window(int p, int OH, int OW) : n(p / OW / OH), oh(p / OW % OH), ow(p % OW), OH(OH), OW(OW) {}
    __device__ void advance() {
        for (ow += DEPTH; ow >= OW; ow -= OW)
            if (++oh == OH) oh = 0, ++n;
    }
};

struct Gradients {  // a row for each window, a column for each output channel
    using Lane = NextRow;
    const T* y;
    int image, first, M, N;
    const Window& at;
    __device__ void fetch(int, T (&values)[LEFT]) {
        const T* here = y + at.n * image + at.oh * at.OW + at.ow;
#pragma unroll
        for (int i = 0; i < LEFT; ++i) {
            int m = first + Lane::column(i);
            values[i] = at.n < N && m < M ? here[m * at.OH * at.OW] : T(0);
        }
    }
};

struct Pixels {  // a row for each window, a column for each tap; a thread stays with its four taps
    using Lane = NextRow;
    const T* x;
    int image, N, H, W, sh, sw;
    Window& at;
    Tap taps[RIGHT];
    __device__ void fetch(int, T (&values)[RIGHT]) {
        int h = at.oh * sh, w = at.ow * sw;
        const T* corner = x + at.n * image + h * W + w;
#pragma unroll
        for (int i = 0; i < RIGHT; ++i) {
            bool inside = unsigned(h + taps[i].row) < unsigned(H) && unsigned(w + taps[i].column) < unsigned(W);
            values[i] = at.n < N && inside ? corner[taps[i].offset] : T(0);
        }
        at.advance();
    }
};

extern "C" __global__ void __launch_bounds__(THREADS, 2) weigh(
    long long total, const T* __restrict__ x, const T* __restrict__ y, const int* __restrict__ table,
    T* __restrict__ w, int count, int groups, int parts, int M, int C, int N, int H, int W, int OH, int OW, int sh,
    int sw) {
    Block block(M, count, groups, parts, N * OH * OW);
    const Tap* taps = reinterpret_cast<const Tap*>(table);
    int size = C * H * W, outputs = M * OH * OW;
    Window at(block.from * DEPTH + NextRow::row(), OH, OW);
    Gradients left{y + block.group * outputs, groups * outputs, block.row, M, N, at};
    Pixels right{x + block.group * size, groups * size, N, H, W, sh, sw, at, {}};
    for (int i = 0; i < RIGHT; ++i) {
        int r = block.column + NextRow::column(i);
        right.taps[i] = r < count ? taps[r] : Tap{0, NOWHERE, 0, 0};
    }
    T sum[TALL][WIDE] = {};
    multiply(left, right, block.from, block.to, sum);
    for (int j = 0; j < WIDE; ++j) {
        int r = block.column + side(j);
        if (r >= count) continue;
        T* to = w + ((long long)(block.part * groups + block.group) * M + block.row + top()) * count + r;
        for (int i = 0; i < TALL && block.row + top() + i < M; ++i) to[(long long)i * count] = sum[i][j];
    }
}
