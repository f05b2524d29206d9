// Scores are (N, L, P): those of place i = n P + p are at x[n L P + p + c P]. exp and log are those of T.

// The first score of a place.
__device__ static long long start(long long i, int L, int P) { return i / P * L * P + i % P; }

// Largest score of a place, and the sum of the exponentials of the distances from it. (A NaN makes the sum one.)
__device__ static void sum(const T* x, int L, int P, T* largest, T* total) {
    T m = x[0], s = 0;
    for (int c = 1; c < L; c++) m = x[c * (long long)P] <= m ? m : x[c * (long long)P];
    for (int c = 0; c < L; c++) s += exp(x[c * (long long)P] - m);
    *largest = m;
    *total = s;
}

extern "C" __global__ void sums(long long total, const T* x, T* largest, T* sum_of_exp, int L, int P) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < total) sum(x + start(i, L, P), L, P, largest + i, sum_of_exp + i);
}

extern "C" __global__ void softmax(long long total, const T* x, const T* largest, const T* sum_of_exp, T* y, int L,
                                   int P) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    Cell i = cell / P / L * P + cell % P;
    y[cell] = exp(x[cell] - largest[i]) / sum_of_exp[i];
}

extern "C" __global__ void log_softmax(long long total, const T* x, const T* largest, const T* sum_of_exp, T* y,
                                       int L, int P) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    Cell i = cell / P / L * P + cell % P;
    y[cell] = x[cell] - largest[i] - log(sum_of_exp[i]);
}

// The gradients: a thread for each place, which needs a sum over the classes first.
extern "C" __global__ void softmax_grad(long long total, const T* g, const T* y, T* gx, int L, int P) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    long long first = start(i, L, P), last = first + (long long)L * P;
    T along = 0;
    for (long long cell = first; cell < last; cell += P) along += g[cell] * y[cell];
    for (long long cell = first; cell < last; cell += P) gx[cell] = y[cell] * (g[cell] - along);
}

extern "C" __global__ void log_softmax_grad(long long total, const T* g, const T* y, T* gx, int L, int P) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    long long first = start(i, L, P), last = first + (long long)L * P;
    T along = 0;
    for (long long cell = first; cell < last; cell += P) along += g[cell];
    for (long long cell = first; cell < last; cell += P) gx[cell] = g[cell] - exp(y[cell]) * along;
}

// The target of a place is at_label[label] there, and everywhere[c] besides; the latter's sum is spread[0].
extern "C" __global__ void cross_entropy(long long total, const T* x, const long long* labels, const T* at_label,
                                         const T* everywhere, const T* spread, long long ignored, T* losses,
                                         T* largest, T* sum_of_exp, int L, int P) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    long long label = labels[i];
    losses[i] = largest[i] = 0;
    sum_of_exp[i] = 1;
    if (label == ignored) return;
    const T* scores = x + start(i, L, P);
    sum(scores, L, P, largest + i, sum_of_exp + i);
    T log_sum = log(sum_of_exp[i]), loss = at_label[label] * (log_sum - (scores[label * P] - largest[i]));
    if (spread[0] != 0)
        for (long long c = 0; c < L; c++) loss += everywhere[c] * (log_sum - (scores[c * P] - largest[i]));
    losses[i] = loss;
}

extern "C" __global__ void cross_entropy_grad(long long total, const T* g, const T* x, const T* largest,
                                              const T* sum_of_exp, const long long* labels, const T* at_label,
                                              const T* everywhere, const T* spread, long long ignored, T* gx, int L,
                                              int P) {
    Cell cell = (Cell)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    Cell i = cell / P / L * P + cell % P;
    long long c = cell / P % L, label = labels[i];
    gx[cell] = 0;
    if (label == ignored) return;
    T mass = at_label[label] + spread[0], target = everywhere[c] + (c == label ? at_label[c] : 0);
    gx[cell] = g[i] * (mass * exp(x[cell] - largest[i]) / sum_of_exp[i] - target);
}
