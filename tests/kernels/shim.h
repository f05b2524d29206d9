// The little of CUDA that the kernels use, for a C++ compiler. shim.py writes the launchers, which loop over the grid.
#include <ucontext.h>

#include <algorithm>
#include <math.h>  // C++'s own: with overloads for float, as CUDA has them
#include <cstdint>
#include <type_traits>

struct Index { unsigned x; };
static thread_local Index blockIdx, threadIdx, blockDim, gridDim;
#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __shared__ static
using std::isnan, std::max, std::min;
template <typename I> void atomicMax(I* at, I value) { if (*at < value) *at = value; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline int __ffsll(long long bits) { return __builtin_ffsll(bits); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (std::uint64_t(a) * b) >> 32; }

// Where threads of a block meet (__syncthreads), each has a stack of its own: they take turns, from one barrier to the
// next. in_step returns false if only some of them came to a barrier; a GPU would hang, or worse.
static ucontext_t turns, fibers[1024];
static char stacks[1024][1 << 16];
static bool at_barrier;
static void* running;

static void __syncthreads() {
    at_barrier = true;
    swapcontext(&fibers[threadIdx.x], &turns);
}

template <typename Body> void enter() { (*static_cast<Body*>(running))(); }

template <typename Body> bool in_step(Body&& body) {
    running = &body;
    for (unsigned t = 0; t < blockDim.x; ++t) {
        getcontext(&fibers[t]);
        fibers[t].uc_stack.ss_sp = stacks[t];
        fibers[t].uc_stack.ss_size = sizeof stacks[t];
        fibers[t].uc_link = &turns;
        makecontext(&fibers[t], enter<std::remove_reference_t<Body>>, 0);
    }
    for (unsigned waiting = blockDim.x; waiting > 0;) {
        waiting = 0;
        for (threadIdx.x = blockDim.x; threadIdx.x-- > 0;) {
            at_barrier = false;
            swapcontext(&turns, &fibers[threadIdx.x]);
            waiting += at_barrier;
        }
        if (waiting > 0 && waiting < blockDim.x) return false;
    }
    return true;
}
