// x is (N, G, L); what is known of a group g is at [g]. Sums are double whatever T is: see the reference leaf.

// Each thread adds up every parts-th value of a group: a - a_mean, and its product with b - b_mean.
extern "C" __global__ void products(long long total, const T* a, const double* a_mean, const T* b,
                                    const double* b_mean, double* sums, int N, int G, int L, int parts) {
    long long thread = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread >= total) return;
    long long g = thread / parts, count = (long long)N * L;
    double alone = 0, along = 0;
    for (long long i = thread % parts; i < count; i += parts) {
        long long cell = (i / L * G + g) * L + i % L;
        double d = a[cell] - a_mean[g];
        alone += d;
        along += d * (b[cell] - b_mean[g]);
    }
    sums[2 * thread] = alone;
    sums[2 * thread + 1] = along;
}

extern "C" __global__ void normalize(long long total, const T* x, const double* mean, const double* scale,
                                     const T* bias, T* y, int G, int L) {
    long long cell = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long g = cell / L % G;
    y[cell] = (x[cell] - mean[g]) * scale[g] + bias[g];
}

// slope: of the line through g over x, which is taken out of g together with its mean.
extern "C" __global__ void normalize_grad(long long total, const T* g, const double* g_mean, const T* x,
                                          const double* x_mean, const double* slope, const double* scale,
                                          T* gx, int G, int L) {
    long long cell = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long k = cell / L % G;
    gx[cell] = scale[k] * (g[cell] - g_mean[k] - (x[cell] - x_mean[k]) * slope[k]);
}

extern "C" __global__ void scale_shift(long long total, const T* x, const T* scale, const T* shift, T* y, int G,
                                       int L) {
    long long cell = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long g = cell / L % G;
    y[cell] = x[cell] * scale[g] + shift[g];
}
