// x is (N, G, L); what is known of a group g is at [g]. Sums are double whatever T is: see the reference leaf.
//
// A group's sum is made in three steps that keep the whole GPU busy however few groups there are, and always add in
// the same order: threads add up what is 256 apart, a block adds up its threads, and one thread adds up the blocks.

// The thread's sums of a - a_0 and of its product with b - b_0, over part `part` of a group.
struct Sums {
    double alone = 0, along = 0;
    __device__ void add(T a, double a_0, T b, double b_0) {
        double d = a - a_0;
        alone += d;
        along += d * (b - b_0);
    }
};

// What the numbers are counted from: of one array its first number (so that little is lost when they are squared), of
// two arrays nothing and the mean of the second.
struct Origin {
    double a, b;
    __device__ Origin(const T* x, const double* mean, int of_two, int g, int L)
        : a(of_two ? 0 : x[(long long)g * L]), b(of_two ? mean[g] : a) {}
};

// sums is (parts, G, 2). A block for each part of each group.
extern "C" __global__ void products(long long total, const T* __restrict__ a, const T* __restrict__ b,
                                    const double* __restrict__ mean, double* __restrict__ sums, int of_two, int N,
                                    int G, int L, int parts) {
    __shared__ double alone[256], along[256];
    int g = blockIdx.x % G, part = blockIdx.x / G, lane = threadIdx.x, step = blockDim.x;
    long long count = (long long)N * L, from = count * part / parts, to = count * (part + 1) / parts;
    Origin origin(a, mean, of_two, g, L);
    Sums mine;
    long long n = (from + lane) / L;
    int l = (from + lane) % L;
    for (long long i = from + lane; i < to; i += step) {
        long long cell = (n * G + g) * L + l;
        mine.add(a[cell], origin.a, b[cell], origin.b);
        for (l += step; l >= L; l -= L) ++n;
    }
    alone[lane] = mine.alone, along[lane] = mine.along;
    for (int half = step / 2; half > 0; half /= 2) {
        __syncthreads();
        if (lane < half) alone[lane] += alone[lane + half], along[lane] += along[lane + half];
    }
    if (lane == 0) {
        double* out = sums + 2 * (long long)blockIdx.x;
        out[0] = alone[0], out[1] = along[0];
    }
}

// The same where a group has one number of each sample: then neighbouring threads have neighbouring groups.
extern "C" __global__ void column_products(long long total, const T* __restrict__ a, const T* __restrict__ b,
                                           const double* __restrict__ mean, double* __restrict__ sums, int of_two,
                                           int N, int G, int parts) {
    long long thread = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (thread < total) {
        int g = thread % G, part = thread / G;
        Origin origin(a, mean, of_two, g, 1);
        Sums mine;
        for (int n = (long long)N * part / parts; n < (long long)N * (part + 1) / parts; ++n)
            mine.add(a[(long long)n * G + g], origin.a, b[(long long)n * G + g], origin.b);
        sums[2 * thread] = mine.alone, sums[2 * thread + 1] = mine.along;
    }
}

__device__ Sums of_parts(const double* sums, int g, int G, int parts) {
    Sums all;
    for (int part = 0; part < parts; ++part) {
        const double* in = sums + 2 * ((long long)part * G + g);
        all.alone += in[0], all.along += in[1];
    }
    return all;
}

// The sums alone, without products.
extern "C" __global__ void totals(long long total, const double* sums, T* y, int G, int parts) {
    int g = blockIdx.x * blockDim.x + threadIdx.x;
    if (g < G) y[g] = of_parts(sums, g, G, parts).alone;
}

// Mean and variance of each group out of the sums of its numbers x and of their squares, both from its first number on.
extern "C" __global__ void statistics(long long total, const double* sums, const T* x, const T* weight, double* mean,
                                      double* variance, double* scale, double eps, int N, int G, int L, int parts) {
    int g = blockIdx.x * blockDim.x + threadIdx.x;
    if (g < G) {
        Sums all = of_parts(sums, g, G, parts);
        double n = max(1.0, (double)N * L), beyond = all.alone / n;
        mean[g] = ((long long)N * L > 0 ? x[(long long)g * L] : T(0)) + beyond;
        double spread = all.along / n - beyond * beyond;
        variance[g] = spread < 0 ? 0 : spread;  // a NaN stays
        scale[g] = weight[g] / sqrt(variance[g] + eps);
    }
}

extern "C" __global__ void normalize(long long total, const T* __restrict__ x, const double* __restrict__ mean,
                                     const double* __restrict__ scale, const T* __restrict__ bias,
                                     T* __restrict__ y, int G, int L) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell < total) {
        int g = cell / L % G;
        y[cell] = (x[cell] - mean[g]) * scale[g] + bias[g];
    }
}

// What is taken out of g: its mean, and `slope` times the line through it over x. Out of the sums of g and of g times
// x - mean, which are the gradients of bias and, but for the deviation, of weight.
extern "C" __global__ void lines(long long total, const double* sums, const double* variance, const T* weight,
                                 double* g_mean, double* slope, double* scale, T* g_weight, T* g_bias, double eps, int N,
                                 int G, int L, int parts) {
    int g = blockIdx.x * blockDim.x + threadIdx.x;
    if (g < G) {
        Sums all = of_parts(sums, g, G, parts);
        double n = max(1.0, (double)N * L), r = 1 / sqrt(variance[g] + eps);
        g_mean[g] = all.alone / n;
        slope[g] = all.along * r * r / n;
        scale[g] = weight[g] * r;
        g_weight[g] = all.along * r;
        g_bias[g] = all.alone;
    }
}

extern "C" __global__ void normalize_grad(long long total, const T* __restrict__ g, const double* __restrict__ g_mean,
                                          const T* __restrict__ x, const double* __restrict__ mean,
                                          const double* __restrict__ slope, const double* __restrict__ scale,
                                          T* __restrict__ gx, int G, int L) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell < total) {
        int k = cell / L % G;
        gx[cell] = scale[k] * (g[cell] - g_mean[k] - (x[cell] - mean[k]) * slope[k]);
    }
}

extern "C" __global__ void scale_shift(long long total, const T* __restrict__ x, const T* __restrict__ scale,
                                       const T* __restrict__ shift, T* __restrict__ y, int G, int L) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell < total) {
        int g = cell / L % G;
        y[cell] = x[cell] * scale[g] + shift[g];
    }
}
