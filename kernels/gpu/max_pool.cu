// Each thread finds the maximum of one window, and where it lies.
// rows and cols hold first, stop, step of the image rows and columns that an output row or column looks at.
extern "C" __global__ void window_max(long long total, const T* x, const long long* rows,
                                      const long long* cols, T* y, int* indices, int H, int W,
                                      int OH, int OW) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    const long long* row = rows + 3 * (cell / OW % OH);
    const long long* col = cols + 3 * (cell % OW);
    const T* plane = x + cell / OW / OH * H * W;
    T best = 0;
    int index = -1;
    for (int h = row[0]; h < row[1]; h += row[2])
        for (int w = col[0]; w < col[1]; w += col[2]) {
            if (h < 0 || h >= H || w < 0 || w >= W) continue;  // the window hangs over the edge
            T value = plane[h * W + w];
            // The first cell counts whatever it holds. value != value: a NaN, which wins unless one has won
            // already.
            if (index < 0 || value > best || (value != value && best == best)) {
                best = value;
                index = h * W + w;
            }
        }
    y[cell] = best;
    indices[cell] = index;
}

// Gather: each thread picks one cell of its plane. size: cells of a plane of x; count: of a plane of y.
extern "C" __global__ void pick(long long total, const T* x, const int* indices, T* y, int size,
                                int count) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int index = indices[cell];
    y[cell] = index < 0 ? T(0) : x[cell / count * size + index];
}

// Scatter where the indices within a plane are distinct, so that no two threads write the same cell. x is 0
// before.
extern "C" __global__ void place_distinct(long long total, const T* y, const int* indices, T* x,
                                          int size, int count) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int index = indices[cell];
    if (index >= 0) x[cell / count * size + index] = y[cell];
}

// The same where indices repeat, turned round: each thread gathers one cell of x from the cells of y that may
// point at it, which rows and cols give as half-open ranges.
extern "C" __global__ void place(long long total, const T* y, const int* indices, const long long* rows,
                                 const long long* cols, T* x, int H, int W, int OH, int OW) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int w = cell % W, h = cell / W % H;
    Cell plane = cell / W / H;
    T sum = 0;
    for (int oh = rows[2 * h]; oh < rows[2 * h + 1]; ++oh)
        for (int ow = cols[2 * w]; ow < cols[2 * w + 1]; ++ow) {
            Cell from = (plane * OH + oh) * OW + ow;
            if (indices[from] == h * W + w) sum += y[from];
        }
    x[cell] = sum;
}

// The last writes in two passes: note the last place in which each index occurs (a maximum, so the order of
// the threads does not matter), then keep only those places.
extern "C" __global__ void note_last(long long total, const long long* indices, int* last, int size,
                                     int count) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long index = indices[cell];
    if (index >= 0) atomicMax(&last[cell / count * size + index], int(cell % count));
}

extern "C" __global__ void keep_last(long long total, const long long* indices, const int* last,
                                     int* kept, int size, int count) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long index = indices[cell];
    bool keep = index >= 0 && last[cell / count * size + index] == int(cell % count);
    kept[cell] = keep ? (int)index : -1;
}
