/* Additive scores and their gradients from exponentials: tanh(q + k) = 1 - 2 r, r = 1 / (1 + e^{2q} e^{2k}).

   Queries and keys are given as these exponentials; h = 1/2 - r is half the tanh, 1/4 - h^2 a quarter
   of its slope. Sums go over short blocks first, so that they are as exact as those of a library. */

#include <stddef.h>

typedef ptrdiff_t size;
typedef const float *restrict in;
typedef float *restrict out;

enum { KEYS = 4, QUERIES = 4, BLOCK = 64 };

static inline __attribute__((always_inline)) void score(const size keys, in query, in key, in vector, out scores,
                                                        size width) {
    float sums[KEYS] = {0};
    for (size w = 0; w < width; w++)
        for (size i = 0; i < keys; i++) sums[i] += vector[w] * (0.5f - 1 / (1 + query[w] * key[i * width + w]));
    for (size i = 0; i < keys; i++) scores[i] = 2 * sums[i];
}

/* query [B, T, W], key [B, S, W], vector [W], scores [B, T, S] */
void forward(in query, in key, in vector, out scores, size rows, size queries, size keys, size width) {
    for (size t = 0; t < rows * queries; t++) {
        in q = query + t * width, k = key + t / queries * keys * width;
        out found = scores + t * keys;
        size s = 0;
        for (; s + KEYS <= keys; s += KEYS) score(KEYS, q, k + s * width, vector, found + s, width);
        for (; s < keys; s++) score(1, q, k + s * width, vector, found + s, width);
    }
}

/* Adds up, over one block of keys: part [1 + queries, W] gets the halves of the vector's gradient and the quarters of
   the queries', grad_key the quarters of the keys', these two still without the vector as a factor. */
static inline __attribute__((always_inline)) void learn(const size queries, in query, in key, in grad, size stride,
                                                        out grad_key, out part, size keys, size width) {
    for (size s = 0; s < keys; s++)
        for (size w = 0; w < width; w++) {
            float halves = 0, quarters = 0;
            for (size i = 0; i < queries; i++) {
                float g = grad[i * stride + s];
                float h = 0.5f - 1 / (1 + query[i * width + w] * key[s * width + w]);
                float x = g * h, a = 0.25f * g - x * h;
                halves += x;
                quarters += a;
                part[(1 + i) * width + w] += a;
            }
            part[w] += halves;
            grad_key[s * width + w] += quarters;
        }
}

static inline __attribute__((always_inline)) void learn_all(const size queries, in query, in key, in grad,
                                                            out grad_query, out grad_key, out grad_vector, out part,
                                                            size keys, size width) {
    for (size s = 0; s < keys; s += BLOCK) {
        size some = keys - s < BLOCK ? keys - s : BLOCK;
        for (size w = 0; w < (1 + queries) * width; w++) part[w] = 0;
        learn(queries, query, key + s * width, grad + s, keys, grad_key + s * width, part, some, width);
        for (size w = 0; w < width; w++) grad_vector[w] += part[w];
        for (size w = 0; w < queries * width; w++) grad_query[w] += part[width + w];
    }
}

static void learn_row(in query, in key, in grad, out grad_query, out grad_key, out grad_vector, out part, size queries,
                      size keys, size width) {
    size t = 0;
    for (; t + QUERIES <= queries; t += QUERIES)
        learn_all(QUERIES, query + t * width, key, grad + t * keys, grad_query + t * width, grad_key, grad_vector, part,
                  keys, width);
    for (; t < queries; t++)
        learn_all(1, query + t * width, key, grad + t * keys, grad_query + t * width, grad_key, grad_vector, part, keys,
                  width);
}

/* grad [B, T, S], grad_vector [B, W]; part is room for (1 + QUERIES) W numbers. */
void backward(in query, in key, in grad, out grad_query, out grad_key, out grad_vector, out part, size rows,
              size queries, size keys, size width) {
    for (size b = 0; b < rows; b++) {
        size q = b * queries * width, k = b * keys * width;
        learn_row(query + q, key + k, grad + b * queries * keys, grad_query + q, grad_key + k, grad_vector + b * width,
                  part, queries, keys, width);
    }
}

/* Of the queries alone: a quarter of each gradient times the slope, still without the vector as a factor; part is room
   for W numbers. */
void backward_queries(in query, in key, in grad, out grad_query, out part, size rows, size queries, size keys,
                      size width) {
    for (size t = 0; t < rows * queries; t++) {
        in q = query + t * width, k = key + t / queries * keys * width, g = grad + t * keys;
        for (size s = 0; s < keys; s += BLOCK) {
            size end = keys - s < BLOCK ? keys : s + BLOCK;
            for (size w = 0; w < width; w++) part[w] = 0;
            for (size i = s; i < end; i++)
                for (size w = 0; w < width; w++) {
                    float h = 0.5f - 1 / (1 + q[w] * k[i * width + w]);
                    part[w] += g[i] * (0.25f - h * h);
                }
            for (size w = 0; w < width; w++) grad_query[t * width + w] += part[w];
        }
    }
}
