/* Gated recurrent units over whole sequences, and their gradients: some rows at a time go through all steps.

       r, z = sigmoid(x_rz + U_rz h + d_rz);   n = tanh(x_n + r (U_n h + d_n));   h' = (1 - z) n + z h

   Of R rows, T steps and width W, a multiple of LANES: entering [R, T, 3 W] is what the inputs add to the gates, in the
   order r, z, n; kept [R, T, 4 W] holds r, z, n and U_n h + d_n of each step for the gradients. */

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
enum { BYTES = 64 };
#elif defined(__AVX__)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif

typedef ptrdiff_t size;
typedef const float *in;
typedef float *out;
typedef float numbers __attribute__((vector_size(BYTES), aligned(4), may_alias));
typedef int32_t integers __attribute__((vector_size(BYTES), may_alias));

enum { LANES = BYTES / sizeof(float), ROWS = 8 };

#define INLINE static inline __attribute__((always_inline))
#define AT(place) (*(numbers *)(place))
#define GIVEN(place) (*(const numbers *)(place))

INLINE numbers choose(integers where, numbers yes, numbers no) {
    return (numbers)((where & (integers)yes) | (~where & (integers)no));
}

/* e^x to 6e-7: 2^n times a polynomial of what is left, at most half of log 2 on either side of 0. */
INLINE numbers power(numbers x) {
    numbers zero = {0}, end = zero + 87.0f, scaled;
    x = choose(x > end, end, choose(x < -end, -end, x));
    scaled = x * 1.44269504f;
    integers n = __builtin_convertvector(scaled + choose(scaled < zero, zero - 0.5f, zero + 0.5f), integers);
    numbers rest = x - __builtin_convertvector(n, numbers) * 0.693147181f;
    numbers sum = rest * (1.0f / 5040) + 1.0f / 720;
    sum = sum * rest + 1.0f / 120;
    sum = sum * rest + 1.0f / 24;
    sum = sum * rest + 1.0f / 6;
    sum = sum * rest + 0.5f;
    sum = sum * rest + 1.0f;
    sum = sum * rest + 1.0f;
    return sum * (numbers)((n + 127) << 23);
}

INLINE numbers sigmoid(numbers x) { return 1.0f / (1.0f + power(-x)); }

INLINE numbers tangent(numbers x) { return 1.0f - 2.0f / (1.0f + power(2.0f * x)); }

/* One block of columns of left [rows, inner] times matrix [inner, columns]. */
INLINE void multiply(const size rows, in left, size stride, in matrix, size inner, size columns, numbers *sums) {
    for (size i = 0; i < rows; i++) sums[i] = (numbers){0};
    for (size k = 0; k < inner; k++) {
        numbers factor = GIVEN(matrix + k * columns);
        for (size i = 0; i < rows; i++) sums[i] += left[i * stride + k] * factor;
    }
}

/* What the state before adds to the gates goes into own [rows, 3 W]. */
INLINE void forward_some(const size rows, in entering, in weight, in bias, in first, out states, out kept, out own,
                         size steps, size width) {
    in before = first;
    size stride = width;
    for (size t = 0; t < steps; t++) {
        for (size j = 0; j < 3 * width; j += LANES) {
            numbers sums[ROWS];
            multiply(rows, before, stride, weight + j, width, 3 * width, sums);
            for (size i = 0; i < rows; i++) AT(own + i * 3 * width + j) = sums[i] + GIVEN(bias + j);
        }
        for (size i = 0; i < rows; i++) {
            in x = entering + (i * steps + t) * 3 * width, u = own + i * 3 * width, h = before + i * stride;
            out keep = kept + (i * steps + t) * 4 * width, state = states + (i * steps + t) * width;
            for (size j = 0; j < width; j += LANES) {
                numbers reset = sigmoid(GIVEN(x + j) + GIVEN(u + j));
                numbers update = sigmoid(GIVEN(x + width + j) + GIVEN(u + width + j));
                numbers candidate = GIVEN(u + 2 * width + j);
                numbers new = tangent(GIVEN(x + 2 * width + j) + reset * candidate);
                AT(keep + j) = reset;
                AT(keep + width + j) = update;
                AT(keep + 2 * width + j) = new;
                AT(keep + 3 * width + j) = candidate;
                AT(state + j) = new + update * (GIVEN(h + j) - new);
            }
        }
        before = states + t * width;
        stride = steps * width;
    }
}

/* The gradient of the first state gathers in carried [rows, W], zero before; part [rows, 3 W] holds one step's
   gradient of U h + d, whose last third, all steps of it, goes into grad_own [rows, T, W]: the others are as those of
   what enters. */
INLINE void backward_some(const size rows, in grad, in weight, in first, in states, in kept, out grad_entering,
                          out grad_own, out carried, out part, size steps, size width) {
    for (size t = steps - 1; t >= 0; t--) {
        in before = t ? states + (t - 1) * width : first;
        size stride = t ? steps * width : width;
        for (size i = 0; i < rows; i++) {
            size at = i * steps + t;
            in given = grad + at * width, keep = kept + at * 4 * width, h = before + i * stride;
            out entered = grad_entering + at * 3 * width, own = grad_own + at * width;
            out carry = carried + i * width, u = part + i * 3 * width;
            for (size j = 0; j < width; j += LANES) {
                numbers reset = GIVEN(keep + j), update = GIVEN(keep + width + j);
                numbers new = GIVEN(keep + 2 * width + j), candidate = GIVEN(keep + 3 * width + j);
                numbers whole = GIVEN(given + j) + GIVEN(carry + j);
                numbers for_new = whole * (1.0f - update) * (1.0f - new * new);
                numbers for_update = whole * (GIVEN(h + j) - new) * update * (1.0f - update);
                numbers for_reset = for_new * candidate * reset * (1.0f - reset);
                AT(entered + j) = AT(u + j) = for_reset;
                AT(entered + width + j) = AT(u + width + j) = for_update;
                AT(entered + 2 * width + j) = for_new;
                AT(own + j) = AT(u + 2 * width + j) = for_new * reset;
                AT(carry + j) = whole * update;
            }
        }
        for (size j = 0; j < width; j += LANES) {
            numbers sums[ROWS];
            multiply(rows, part, 3 * width, weight + j, 3 * width, width, sums);
            for (size i = 0; i < rows; i++) AT(carried + i * width + j) += sums[i];
        }
    }
}

/* weight [W, 3 W] is U turned, bias [3 W] d, first [R, W], states [R, T, W]; own is room for ROWS x 3 W numbers. */
void forward(in entering, in weight, in bias, in first, out states, out kept, out own, size rows, size steps,
             size width) {
#define SOME(count)                                                                                                  \
    for (; row + count <= rows; row += count)                                                                        \
    forward_some(count, entering + row * steps * 3 * width, weight, bias, first + row * width,                       \
                 states + row * steps * width, kept + row * steps * 4 * width, own, steps, width)
    size row = 0;
    SOME(ROWS);
    SOME(4);
    SOME(1);
#undef SOME
}

/* grad [R, T, W], weight [3 W, W] U itself, grad_entering [R, T, 3 W], carried [R, W]; part as own. */
void backward(in grad, in weight, in first, in states, in kept, out grad_entering, out grad_own, out carried, out part,
              size rows, size steps, size width) {
#define SOME(count)                                                                                                  \
    for (; row + count <= rows; row += count)                                                                        \
    backward_some(count, grad + row * steps * width, weight, first + row * width, states + row * steps * width,      \
                  kept + row * steps * 4 * width, grad_entering + row * steps * 3 * width,                           \
                  grad_own + row * steps * width, carried + row * width, part, steps, width)
    size row = 0;
    SOME(ROWS);
    SOME(4);
    SOME(1);
#undef SOME
}
