// A product that is rounded by itself: fused with a sum, as the compiler would, it could turn a tie into an overlap.
__device__ float product(float a, float b) { return __fmul_rn(a, b); }
__device__ double product(double a, double b) { return __dmul_rn(a, b); }

// Intersection over union of two boxes x1, y1, x2, y2.
__device__ T iou_of(const T* a, const T* b) {
    T width = min(a[2], b[2]) - max(a[0], b[0]), height = min(a[3], b[3]) - max(a[1], b[1]);
    T intersection = product(max(width, T(0)), max(height, T(0)));
    T areas = product(a[2] - a[0], a[3] - a[1]) + product(b[2] - b[0], b[3] - b[1]);
    T joined = areas - intersection;
    return joined > 0 ? intersection / joined : T(0);
}

// Each thread compares one pair.
extern "C" __global__ void box_iou(long long total, const T* boxes1, const T* boxes2, T* iou, int B) {
    long long pair = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (pair >= total) return;
    iou[pair] = iou_of(boxes1 + pair / B * 4, boxes2 + pair % B * 4);
}

// Each thread compares one box with 64 better ones, and notes in a bit of a word which of them it overlaps too much.
extern "C" __global__ void overlaps(long long total, const T* boxes, T threshold, long long* words, int count) {
    long long word = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (word >= total) return;
    int box = word / count, first = word % count * 64, last = min(first + 64, box);
    unsigned long long bits = 0;
    for (int better = first; better < last; ++better)
        if (iou_of(boxes + 4LL * box, boxes + 4LL * better) > threshold) bits |= 1ULL << (better - first);
    words[word] = bits;
}

// Each thread tries to settle one box: it goes (2) if a better one that stays overlaps it, and stays (1) if all of
// those have gone; else it has to wait for them, undecided (0). What another thread settles meanwhile may be seen or
// not: a round more or less, but the same result.
extern "C" __global__ void settle(long long total, const long long* words, int* state, int count) {
    long long box = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (box >= total || state[box] != 0) return;
    bool waits = false;
    for (int word = 0; word <= box / 64; ++word)
        for (unsigned long long bits = words[box * count + word]; bits != 0; bits &= bits - 1) {
            int better = state[64 * word + __ffsll(bits) - 1];
            if (better == 1) {
                state[box] = 2;
                return;
            }
            waits = waits || better == 0;
        }
    if (!waits) state[box] = 1;
}
