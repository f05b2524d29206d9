// Each thread sums one bin of one region, A_r X B_r^T, over the entries of its row of A_r and its row of B_r.
// With C channels in x, and K in y; where they differ, each bin has a channel of its own.
extern "C" __global__ void roi_gather(long long total, const T* x, const long long* images,
                                      const long long* row_starts, const long long* row_index,
                                      const T* row_weight, const long long* col_starts,
                                      const long long* col_index, const T* col_weight, T* y, int C, int H,
                                      int W, int K, int PH, int PW, int position_sensitive) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int pw = cell % PW, ph = cell / PW % PH, k = cell / PW / PH % K;
    long long r = cell / PW / PH / K;
    int c = position_sensitive ? (k * PH + ph) * PW + pw : k;
    const T* plane = x + (images[r] * C + c) * H * W;
    T sum = 0;
    for (long long a = row_starts[r * PH + ph]; a < row_starts[r * PH + ph + 1]; ++a) {
        const T* row = plane + (row_index[a] - r * H) * W - r * W;
        T along = 0;
        for (long long b = col_starts[r * PW + pw]; b < col_starts[r * PW + pw + 1]; ++b)
            along += col_weight[b] * row[col_index[b]];
        sum += row_weight[a] * along;
    }
    y[cell] = sum;
}

// The transpose: each thread sums one cell of x, A_r^T Y B_r, over the regions of its image. The tables are
// those of the transposed matrices, so that a cell finds the bins that read it.
extern "C" __global__ void roi_scatter(long long total, const T* y, const long long* images,
                                       const long long* row_starts, const long long* row_index,
                                       const T* row_weight, const long long* col_starts,
                                       const long long* col_index, const T* col_weight, T* x, int R, int C,
                                       int H, int W, int K, int PH, int PW, int position_sensitive) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int w = cell % W, h = cell / W % H, c = cell / W / H % C, n = cell / W / H / C;
    int k = position_sensitive ? c / (PH * PW) : c, own = position_sensitive ? c % (PH * PW) : -1;
    T sum = 0;
    for (long long r = 0; r < R; ++r) {
        if (images[r] != n) continue;
        const T* bins = y + (r * K + k) * PH * PW;
        for (long long a = row_starts[r * H + h]; a < row_starts[r * H + h + 1]; ++a) {
            long long ph = row_index[a] - r * PH;
            for (long long b = col_starts[r * W + w]; b < col_starts[r * W + w + 1]; ++b) {
                long long bin = ph * PW + col_index[b] - r * PW;
                if (own < 0 || own == bin) sum += row_weight[a] * col_weight[b] * bins[bin];
            }
        }
    }
    x[cell] = sum;
}
