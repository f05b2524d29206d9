// The little of CUDA that the kernels use, for a C++ compiler. shim.py writes the launchers, which loop over the grid.
#include <setjmp.h>
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
using std::isnan;
using std::max;
using std::min;
template <typename I> void atomicMax(I* at, I value) { if (*at < value) *at = value; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline int __ffsll(long long bits) { return __builtin_ffsll(bits); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return (std::uint64_t(a) * b) >> 32; }

// Where threads of a block meet (__syncthreads), each has a stack of its own: they take turns, from one barrier to the
// next. in_step returns false if only some of them came to a barrier; a GPU would hang, or worse.
//
// A context puts a thread on its stack, once; it stays there from block to block, and jumps. (Each change of contexts
// would ask the system, which takes as long as the kernel does.)
static jmp_buf turns, fibers[1024];
static char stacks[1024][1 << 16];
static bool on_its_stack[1024], at_barrier;
static void (*run)(void*), *running;

static void next_turn() {
    if (!_setjmp(fibers[threadIdx.x])) _longjmp(turns, 1);
}

static void __syncthreads() {
    at_barrier = true;
    next_turn();
}

static void live() {
    for (;; next_turn()) run(running);
}

static void take_turn() {
    if (_setjmp(turns)) return;
    unsigned t = threadIdx.x;
    if (on_its_stack[t]) _longjmp(fibers[t], 1);
    on_its_stack[t] = true;
    ucontext_t fiber;
    getcontext(&fiber);
    fiber.uc_stack.ss_sp = stacks[t];
    fiber.uc_stack.ss_size = sizeof stacks[t];
    makecontext(&fiber, live, 0);
    setcontext(&fiber);
}

template <typename Body> bool in_step(Body&& body) {
    run = [](void* body) { (*static_cast<std::remove_reference_t<Body>*>(body))(); };
    running = &body;
    for (unsigned waiting = blockDim.x; waiting > 0;) {
        waiting = 0;
        for (threadIdx.x = blockDim.x; threadIdx.x-- > 0;) {
            at_barrier = false;
            take_turn();
            waiting += at_barrier;
        }
        if (waiting > 0 && waiting < blockDim.x) {
            std::fill_n(on_its_stack, 1024, false);  // those that wait will not be called again
            return false;
        }
    }
    return true;
}
