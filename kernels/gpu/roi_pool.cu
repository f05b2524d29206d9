// Each thread finds the maximum of one bin of one region in one channel, and where it lies.
// rows and cols hold first and stop of the image rows and columns of each bin of each region.
extern "C" __global__ void roi_max(long long total, const T* x, const long long* images, const long long* rows,
                                   const long long* cols, T* y, int* indices, int C, int H, int W, int PH,
                                   int PW) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int pw = cell % PW, ph = cell / PW % PH, c = cell / PW / PH % C, r = cell / PW / PH / C;
    const long long* row = rows + 2 * ((long long)r * PH + ph);
    const long long* col = cols + 2 * ((long long)r * PW + pw);
    int top = row[0], bottom = row[1], left = col[0], right = col[1], index = -1;
    const T* plane = x + (images[r] * C + c) * H * W;
    T best = 0;
    for (int h = top; h < bottom; ++h)
        for (int w = left; w < right; ++w) {
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

// Gather: each thread picks one cell out of the image of its region. size: cells of a plane; bins: PH PW.
extern "C" __global__ void roi_pick(long long total, const T* x, const int* indices, const long long* images,
                                    T* y, int C, int size, int bins) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long plane = cell / bins;
    int index = indices[cell];
    y[cell] = index < 0 ? T(0) : x[(images[plane / C] * C + plane % C) * size + index];
}

// The transpose, turned round: each thread gathers one cell of x from those bins of its image's regions that
// hold it. The bins of a region go from the first bin's first row to the last bin's last.
extern "C" __global__ void roi_place(long long total, const T* y, const int* indices, const long long* images,
                                     const long long* rows, const long long* cols, T* x, int R, int C, int H,
                                     int W, int PH, int PW) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int w = cell % W, h = cell / W % H, c = cell / W / H % C, n = cell / W / H / C;
    T sum = 0;
    for (int r = 0; r < R; ++r) {
        const long long *row = rows + 2LL * r * PH, *col = cols + 2LL * r * PW;
        if (images[r] != n || h < row[0] || h >= row[2 * PH - 1] || w < col[0] || w >= col[2 * PW - 1]) continue;
        for (int ph = 0; ph < PH; ++ph) {
            if (h < row[2 * ph] || h >= row[2 * ph + 1]) continue;
            for (int pw = 0; pw < PW; ++pw) {
                long long from = (((long long)r * C + c) * PH + ph) * PW + pw;
                if (indices[from] == h * W + w) sum += y[from];
            }
        }
    }
    x[cell] = sum;
}
