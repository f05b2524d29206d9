// Scores are (N, L, P): those of place i = n P + p are at x[n L P + p + c P]. exp and log are those of T.

// The first score of a place.
__device__ static long long start(long long i, int L, int P) { return i / P * L * P + i % P; }

// What has to be summed over the classes of a place. Where P is large a thread does it, for neighbours read what lies side
// by side; where P is 1 a block does, whose threads read side by side, and LANES is its size.
#ifndef LANES
#define LANES 1
#endif

// The place of this thread, and the first of the classes that it reads: every LANES-th.
__device__ static long long place() {
    return LANES > 1 ? blockIdx.x : (long long)blockIdx.x * blockDim.x + threadIdx.x;
}
__device__ static int lane() { return LANES > 1 ? threadIdx.x : 0; }

// What the threads of a place found, put together: every thread gets it.
template <class Join> __device__ T together(T found, Join join) {
#if LANES > 1
    __shared__ T all[LANES];
    __syncthreads();
    all[threadIdx.x] = found;
    for (int half = LANES / 2; half > 0; half /= 2) {
        __syncthreads();
        if (lane() < half) all[lane()] = join(all[lane()], all[lane() + half]);
    }
    __syncthreads();
    return all[0];
#else
    return found;
#endif
}

__device__ static T larger(T a, T b) { return b <= a ? a : b; }
__device__ static T plus(T a, T b) { return a + b; }

// Largest score of a place, and the sum of the exponentials of the distances from it. (A NaN makes the sum one.)
extern "C" __global__ void sums(long long total, const T* x, T* largest, T* sum_of_exp, int L, int P) {
    long long i = place();
    if (i >= total) return;
    const T* scores = x + start(i, L, P);
    T m = scores[0], s = 0;
    for (int c = lane(); c < L; c += LANES) m = larger(m, scores[c * (long long)P]);
    m = together(m, larger);
    for (int c = lane(); c < L; c += LANES) s += exp(scores[c * (long long)P] - m);
    s = together(s, plus);
    if (lane() == 0) largest[i] = m, sum_of_exp[i] = s;
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

extern "C" __global__ void softmax_grad(long long total, const T* g, const T* y, T* gx, int L, int P) {
    long long i = place();
    if (i >= total) return;
    long long first = start(i, L, P), last = first + (long long)L * P, step = (long long)LANES * P;
    T along = 0;
    for (long long cell = first + lane() * P; cell < last; cell += step) along += g[cell] * y[cell];
    along = together(along, plus);
    for (long long cell = first + lane() * P; cell < last; cell += step) gx[cell] = y[cell] * (g[cell] - along);
}

extern "C" __global__ void log_softmax_grad(long long total, const T* g, const T* y, T* gx, int L, int P) {
    long long i = place();
    if (i >= total) return;
    long long first = start(i, L, P), last = first + (long long)L * P, step = (long long)LANES * P;
    T along = 0;
    for (long long cell = first + lane() * P; cell < last; cell += step) along += g[cell];
    along = together(along, plus);
    for (long long cell = first + lane() * P; cell < last; cell += step) gx[cell] = g[cell] - exp(y[cell]) * along;
}

// The target of a place is at_label[label] there, and everywhere[c] besides; the latter's sum is spread[0].
extern "C" __global__ void cross_entropy(long long total, const T* x, const long long* labels, const T* at_label,
                                         const T* everywhere, const T* spread, long long ignored, T* losses,
                                         T* largest, T* sum_of_exp, int L, int P) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    long long label = labels[i];
    if (label == ignored) {
        losses[i] = largest[i] = 0, sum_of_exp[i] = 1;
        return;
    }
    const T* scores = x + start(i, L, P);
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
