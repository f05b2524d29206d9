// SplitMix64, number by number: see the reference leaf. What has less than ``limit``, of 2^53, is dropped.
extern "C" __global__ void dropout(long long total, const T* x, long long seed, long long limit, T scale, T* y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= total) return;
    unsigned long long z = seed + (i + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    y[i] = (long long)(z >> 11) >= limit ? x[i] * scale : 0;
}
