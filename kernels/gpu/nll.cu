// Scores (N, L, P): one thread for each place, or, in the transpose, for each score.

extern "C" __global__ void nll_loss(long long total, const T* x, const long long* labels, const T* weight,
                                    long long ignored, T* losses, int L, int P) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    long long label = labels[i];
    losses[i] = label == ignored ? 0 : -weight[label] * x[(i / P * L + label) * P + i % P];
}

extern "C" __global__ void nll_loss_grad(long long total, const T* g, const long long* labels, const T* weight,
                                         long long ignored, T* gx, int L, int P) {
    long long cell = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (cell >= total) return;
    long long i = cell / P / L * P + cell % P, c = cell / P % L;
    gx[cell] = labels[i] == c && c != ignored ? -weight[c] * g[i] : 0;
}
