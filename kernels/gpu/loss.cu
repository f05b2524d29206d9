// One thread for each number. Of gradients g there is one for each, or, where STEP is 0, one for all.
#ifndef STEP
#define STEP 1
#endif

extern "C" __global__ void distance_loss(long long total, const T* x, const T* t, T beta, T curve, T slope, T* y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T d = x[i] - t[i];
    y[i] = fabs(d) <= beta ? curve * d * d : slope * (fabs(d) - beta / 2);
}

extern "C" __global__ void distance_loss_grad(long long total, const T* g, const T* x, const T* t, T beta, T curve,
                                              T slope, T* gx) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T d = x[i] - t[i], far = d > 0 ? slope : d < 0 ? -slope : d;  // a NaN stays one
    gx[i] = g[i * STEP] * (fabs(d) <= beta ? 2 * curve * d : far);
}

// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), where nothing overflows.
extern "C" __global__ void logistic_loss(long long total, const T* x, const T* t, const T* positive, T* y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T above = x[i] > 0 ? x[i] : 0, below = x[i] > 0 ? 0 : -x[i], rest = log1p(exp(-fabs(x[i])));
    y[i] = positive[i] * (below + rest) + (1 - t[i]) * (above + rest);
}

extern "C" __global__ void logistic_loss_grad(long long total, const T* g, const T* x, const T* t, const T* positive,
                                              T* gx) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T e = exp(-fabs(x[i])), yes = x[i] > 0 ? 1 : e, no = x[i] > 0 ? e : 1;
    gx[i] = g[i * STEP] / (1 + e) * ((1 - t[i]) * yes - positive[i] * no);
}
