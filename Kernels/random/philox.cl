// Implements Philox4x32-10 (Salmon et al., SC 2011): the same integer stream as Philox4x32 in Swift.
//
// Block `index` of the stream (seed, purpose) is a pure function of both; nothing is carried from draw to draw.
INLINE uint4 philox(uint2 key, uint4 counter)
{
    for (int round = 0; round < 10; round++) {
        const uint high0 = mul_hi(0xD2511F53U, counter.x), low0 = 0xD2511F53U * counter.x;
        const uint high1 = mul_hi(0xCD9E8D57U, counter.z), low1 = 0xCD9E8D57U * counter.z;
        counter = (uint4)(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
        key += (uint2)(0x9E3779B9U, 0xBB67AE85U);
    }
    return counter;
}

__kernel void philox_blocks(const uint seed, const uint purpose, const ulong first, const ulong count,
                            __global uint4 *blocks)  // [count]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const ulong at = first + index;
    blocks[index] = philox((uint2)(seed, purpose), (uint4)((uint)at, (uint)(at >> 32), 0, 0));
}
