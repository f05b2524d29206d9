// x is (N, C, P). Every thread has one cell and looks at the channels around it, whose rows are P cells apart.

// d = k + alpha / size * sum of squares over the window of channel c; x points at the cell, alpha is divided by size already.
__device__ T activity(const T* x, int c, int C, int P, int size, T alpha, T k) {
    T sum = 0;
    for (int j = max(0, c - size / 2); j < min(C, c + (size - 1) / 2 + 1); ++j) {
        T value = x[(long long)(j - c) * P];
        sum += value * value;
    }
    return k + alpha * sum;
}

extern "C" __global__ void respond(long long total, const T* x, T alpha, T beta, T k, T* y, int C, int P, int size) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    y[cell] = x[cell] * pow(activity(x + cell, cell / P % C, C, P, size, alpha, k), -beta);
}

extern "C" __global__ void respond_grad(long long total, const T* g, const T* x, T alpha, T beta, T k, T* gx, int C, int P,
                                        int size) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    int c = cell / P % C;
    T own = g[cell] * pow(activity(x + cell, c, C, P, size, alpha, k), -beta), sum = 0;
    for (int j = max(0, c - (size - 1) / 2); j < min(C, c + size / 2 + 1); ++j) {
        long long at = cell + (long long)(j - c) * P;
        sum += g[at] * x[at] * pow(activity(x + at, j, C, P, size, alpha, k), -beta - 1);
    }
    gx[cell] = own - 2 * alpha * beta * x[cell] * sum;
}
