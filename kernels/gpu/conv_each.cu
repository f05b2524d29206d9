// Convolution where a group has few channels (a depthwise one has one): there is nothing to share, and every result has
// a thread, or a block, of its own. The arguments and the table of taps are those of conv.cu.

struct __align__(16) Tap {
    int offset, row, column, weight;
};

// Y = W X: each thread sums one pixel of y over the taps.
extern "C" __global__ void correlate_each(
    long long total, const T* __restrict__ x, const T* __restrict__ w, const T* __restrict__ bias,
    const int* __restrict__ table, T* __restrict__ y, int biased, int count, int groups, int M, int C, int stride,
    int filters, int H, int W, int OH, int OW, int sh, int sw, int plane, int first, int row, int column) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int p = cell % (OH * OW), oh = p / OW, ow = p % OW;
    Cell channel = cell / (OH * OW);  // of all channels of all images
    int m = channel % (groups * M), group = m / M;
    const T* corner = x + (channel / (groups * M) * groups + group) * C * H * W + (long long)oh * sh * W + ow * sw;
    const T* weights = w + (long long)group * filters + m % M * stride;
    const Tap* taps = reinterpret_cast<const Tap*>(table);
    T sum = biased ? bias[m] : T(0);
    for (int r = 0; r < count; ++r) {
        Tap tap = taps[r];
        bool inside = unsigned(oh * sh + tap.row) < unsigned(H) && unsigned(ow * sw + tap.column) < unsigned(W);
        if (inside) sum += weights[tap.weight] * corner[tap.offset];
    }
    y[channel * plane + first + oh * row + ow * column] = sum;
}

// W = Y X^T: each block sums one weight over the windows of all images, its 256 threads a part each.
extern "C" __global__ void weigh_each(long long total, const T* __restrict__ x, const T* __restrict__ y,
                                      const int* __restrict__ table, T* __restrict__ w, int count, int groups, int M,
                                      int C, int N, int H, int W, int OH, int OW, int sh, int sw) {
    __shared__ T sums[256];
    int r = blockIdx.x % count, m = blockIdx.x / count;
    Tap tap = reinterpret_cast<const Tap*>(table)[r];
    T sum = 0;
    for (int n = 0; n < N; ++n) {
        const T* image = x + ((long long)n * groups + m / M) * C * H * W + tap.offset;
        const T* gradient = y + ((long long)n * groups * M + m) * OH * OW;
        for (int p = threadIdx.x; p < OH * OW; p += blockDim.x) {
            int h = p / OW * sh, v = p % OW * sw;
            bool inside = unsigned(h + tap.row) < unsigned(H) && unsigned(v + tap.column) < unsigned(W);
            if (inside) sum += gradient[p] * image[h * W + v];
        }
    }
    sums[threadIdx.x] = sum;
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    if (threadIdx.x == 0) w[blockIdx.x] = sums[0];
}
