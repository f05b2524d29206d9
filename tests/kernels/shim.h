// The little of CUDA that the kernels use, for a C++ compiler: the launcher (shim.py writes it) loops over the grid.
struct Index { unsigned x; };
static thread_local Index blockIdx, threadIdx, blockDim;
#define __global__
template <typename I> void atomicMax(I* at, I value) { if (*at < value) *at = value; }
