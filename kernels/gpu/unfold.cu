// Unfold: each thread fills one cell of the column matrix, with one pixel or with the padding's 0.
extern "C" __global__ void unfold(long long total, const T* x, T* cols, int H, int W, int OH, int OW, int kh,
                                  int kw, int dh, int dw, int ph, int pw, int sh, int sw) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    // cell = ((((n C + c) kh + i) kw + j) OH + oh) OW + ow
    int ow = cell % OW, oh = cell / OW % OH;
    Cell row = cell / OW / OH;
    int j = row % kw, i = row / kw % kh;
    Cell plane = row / kw / kh;
    int h = oh * sh - ph + i * dh, w = ow * sw - pw + j * dw;
    bool inside = 0 <= h && h < H && 0 <= w && w < W;
    cols[cell] = inside ? x[(plane * H + h) * W + w] : T(0);
}

// Fold: each thread gathers one pixel from the columns that hold it, at most one for each tap of the window.
extern "C" __global__ void fold(long long total, const T* cols, T* x, int H, int W, int OH, int OW, int kh,
                                int kw, int dh, int dw, int ph, int pw, int sh, int sw) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int w = cell % W, h = cell / W % H;
    Cell plane = cell / W / H;
    T sum = 0;
    for (int i = 0; i < kh; ++i) {
        int top = h + ph - i * dh;  // sh times the output row whose tap i lies on this pixel
        if (top < 0 || top % sh != 0 || top / sh >= OH) continue;
        for (int j = 0; j < kw; ++j) {
            int left = w + pw - j * dw;
            if (left < 0 || left % sw != 0 || left / sw >= OW) continue;
            sum += cols[(((plane * kh + i) * kw + j) * OH + top / sh) * OW + left / sw];
        }
    }
    x[cell] = sum;
}
