// Implements how an entry of a batched tensor [run][per_run] finds its operands, which are per run or shared.
//
// An operand's `stride` is the distance of its runs: per_run (1 for a number per run), or 0 if all runs share it.

typedef struct { size_t run, within; } Place;

INLINE Place place_of(const size_t index, const int per_run)
{
    return (Place){ index / per_run, index % per_run };
}

#define OF(operand, stride, place) (operand)[(place).run * (stride) + (place).within]
#define OF_RUN(operand, stride, place) (operand)[(place).run * (stride)]
