// One thread for each number. fabs, exp, expm1 and tanh are those of T.

extern "C" __global__ void relu(long long total, const T* x, T* y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) y[i] = x[i] <= 0 ? 0 : x[i];  // so a NaN stays one
}

extern "C" __global__ void relu_grad(long long total, const T* g, const T* y, T* gx) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) gx[i] = y[i] == 0 ? 0 : g[i];
}

// Of the runs of ``length`` numbers, number r has slope [r % C].
extern "C" __global__ void leaky_relu_grad(long long total, const T* g, const T* x, const T* slopes, T* gx,
                                           int length, int C) {
    Cell i = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) gx[i] = x[i] > 0 ? g[i] : slopes[i / length % C] * g[i];
}

extern "C" __global__ void elu(long long total, const T* x, T alpha, T* y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) y[i] = x[i] > 0 ? x[i] : alpha * expm1(x[i]);
}

extern "C" __global__ void elu_grad(long long total, const T* g, const T* x, T alpha, T* gx) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) gx[i] = x[i] > 0 ? g[i] : alpha * exp(x[i]) * g[i];
}

extern "C" __global__ void sigmoid(long long total, const T* x, T* y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T e = exp(-fabs(x[i]));  // at most 1: it cannot overflow
    y[i] = (x[i] > 0 ? 1 : e) / (1 + e);
}

extern "C" __global__ void sigmoid_grad(long long total, const T* g, const T* y, T* gx) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) gx[i] = g[i] * y[i] * (1 - y[i]);
}

extern "C" __global__ void hyperbolic_tangent(long long total, const T* x, T* y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) y[i] = tanh(x[i]);
}

extern "C" __global__ void tanh_grad(long long total, const T* g, const T* y, T* gx) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) gx[i] = g[i] * (1 - y[i] * y[i]);
}
