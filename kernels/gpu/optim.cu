// One thread for each number, which it changes in place. An array that is not needed comes as some other one.

extern "C" __global__ void sgd_step(long long total, T* x, const T* g, T* velocity, T lr, T momentum, T share,
                                    T weight_decay, int with_velocity, int nesterov) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T d = g[i] + weight_decay * x[i];
    if (with_velocity) {
        T v = velocity[i] = momentum * velocity[i] + share * d;
        d = nesterov ? d + momentum * v : v;
    }
    x[i] -= lr * d;
}

// lr and root have the corrections for the first steps in them.
extern "C" __global__ void adam_step(long long total, T* x, const T* g, T* mean, T* square, T* largest, T lr, T b1,
                                     T b2, T rest1, T rest2, T root, T eps, T weight_decay, T kept,
                                     int with_largest) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T own = kept * x[i], d = g[i] + weight_decay * own;
    T m = mean[i] = b1 * mean[i] + rest1 * d;
    T v = square[i] = b2 * square[i] + rest2 * d * d;
    if (with_largest) v = largest[i] = largest[i] > v ? largest[i] : v;
    x[i] = own - lr * m / (sqrt(v) * root + eps);
}

extern "C" __global__ void rmsprop_step(long long total, T* x, const T* g, T* square, T* mean, T* velocity, T lr,
                                        T alpha, T rest, T eps, T weight_decay, T momentum, int with_mean,
                                        int with_velocity) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    T d = g[i] + weight_decay * x[i];
    T variance = square[i] = alpha * square[i] + rest * d * d;
    if (with_mean) {
        T m = mean[i] = alpha * mean[i] + rest * d;
        variance -= m * m;
        if (variance < 0) variance = 0;  // by rounding
    }
    T step = d / (sqrt(variance) + eps);
    if (with_velocity) step = velocity[i] = momentum * velocity[i] + step;
    x[i] -= lr * step;
}
