// Each thread sums one cell of A X B^T over the entries of its row of A and its row of B.
extern "C" __global__ void resample(long long total, const T* x, const long long* row_starts,
                                    const long long* row_index, const T* row_weight,
                                    const long long* col_starts, const long long* col_index,
                                    const T* col_weight, T* y, int H, int W, int OH, int OW) {
    long long cell = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long ow = cell % OW, oh = cell / OW % OH;
    const T* plane = x + cell / OW / OH * H * W;
    T sum = 0;
    for (long long a = row_starts[oh]; a < row_starts[oh + 1]; ++a) {
        T along = 0;
        for (long long b = col_starts[ow]; b < col_starts[ow + 1]; ++b)
            along += col_weight[b] * plane[row_index[a] * W + col_index[b]];
        sum += row_weight[a] * along;
    }
    y[cell] = sum;
}
