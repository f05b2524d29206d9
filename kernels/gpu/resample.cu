// Each thread sums one cell of A X B^T over the entries of its row of A and its row of B.
// A row of A has at most row_entries, and -1 for an index from where it has no more; a row of B likewise.
extern "C" __global__ void resample(long long total, const T* x, const int* row_index, const T* row_weight,
                                    int row_entries, const int* col_index, const T* col_weight,
                                    int col_entries, T* y, int H, int W, int OH, int OW) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int ow = cell % OW, oh = cell / OW % OH;
    const T* plane = x + cell / OW / OH * H * W;
    T sum = 0;
    for (long long a = oh; a < row_entries * OH && row_index[a] >= 0; a += OH) {
        T along = 0;
        for (long long b = ow; b < col_entries * OW && col_index[b] >= 0; b += OW)
            along += col_weight[b] * plane[row_index[a] * W + col_index[b]];
        sum += row_weight[a] * along;
    }
    y[cell] = sum;
}
