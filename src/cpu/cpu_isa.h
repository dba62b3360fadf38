/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of the driver, as a table per instruction set. The files behind it (see
 * cpu_loops.h) are compiled once per set; their results are equal to the bit, but for matrix
 * products and convolutions, where a set without fma rounds twice. This is the only place where
 * sets differ: it must not know operations, tensors or threads. */
#ifndef SC_CPU_CPU_ISA_H
#define SC_CPU_CPU_ISA_H

#include "op/expr.h"

typedef struct sc_cpu_random {
    uint64_t seed;
    uint32_t sample, step, ordinal;
} sc_cpu_random;

/* out[i] = operation(a[i], b[i], c[i]) on floats or ints, by the row of the operation in
 * expr_list.def. `out` may be one of the arguments, else it does not overlap them. */
typedef void sc_cpu_loop(void *out, const void *a, const void *b, const void *c, int64_t count);
/* out[i] = the random value of element `first + i` of one sample (SC_EXPR_UNIFORM, SC_EXPR_NORMAL).
 */
typedef void sc_cpu_random_loop(float *out, const sc_cpu_random *random, int64_t first,
                                int64_t count);
typedef void sc_cpu_widen_loop(int32_t *out, const uint8_t *in, int64_t count);
typedef void sc_cpu_narrow_loop(uint8_t *out, const int32_t *in, int64_t count);
/* Floats of two bytes (cl/storage.h). */
typedef void sc_cpu_load_loop(float *out, const uint16_t *in, int64_t count);
typedef void sc_cpu_store_loop(uint16_t *out, const float *in, int64_t count);
/* Folds `count` values by sc_reduce_kind: fold_row all into *sum, fold_columns value i into sum[i].
 */
typedef void sc_cpu_fold_loop(double *sum, int kind, const float *in, int64_t count);
/* The same in the canonical order (op/op.h). fold_lanes: value i into lane[(first + i) % 16], which
 * join_lanes combines; fold_sums: value i into sum[i]. */
typedef void sc_cpu_fold_lanes_loop(float *lane, int kind, int first, const float *in,
                                    int64_t count);
typedef void sc_cpu_fold_sums_loop(float *sum, int kind, const float *in, int64_t count);
typedef float sc_cpu_join_lanes_loop(const float *lane, int kind);
/* Dense rows; outputs do not overlap inputs. */
typedef void sc_cpu_softmax_loop(float *y, const float *x, int64_t rows, int64_t columns, bool log);
typedef void sc_cpu_softmax_grad_loop(float *dx, const float *y, const float *dy, int64_t rows,
                                      int64_t columns, bool log);
typedef void sc_cpu_cross_entropy_loop(float *loss, float *dx, const float *x, const int32_t *label,
                                       int64_t rows, int64_t columns);

/* Dense rows of layer normalisation. */
typedef struct sc_cpu_norm {
    const float *x, *scale, *shift;
    int64_t columns;
    float epsilon;
} sc_cpu_norm;
/* mean and inverse receive a value per row. */
typedef void sc_cpu_layer_norm_loop(float *y, float *mean, float *inverse, const sc_cpu_norm *norm,
                                    int64_t rows);
typedef void sc_cpu_layer_norm_grad_loop(float *dx, const float *dy, const float *mean,
                                         const float *inverse, const sc_cpu_norm *norm,
                                         int64_t rows);

/* Attention, a row of pairs at a time; state: the largest score so far, and the sum of weights
 * relative to it. Scores become weights; what was added up before, out[depth] and the sum, is
 * scaled to them. */
typedef void sc_cpu_attention_weights_loop(float *score, int64_t count, float scale, float state[2],
                                           float *out, int64_t depth);
typedef float sc_cpu_attention_logsum_loop(const float state[2]);
/* Scores become p = exp(scale * score - logsum), slopes p (slope - delta). */
typedef void sc_cpu_attention_slopes_loop(float *score, float *slope, int64_t count, float scale,
                                          const float *logsum, const float *delta);
typedef void sc_cpu_attention_slopes_of_row_loop(float *score, float *slope, int64_t count,
                                                 float scale, float logsum, float delta);

enum { SC_CPU_TILE_ROWS = 8 }; /* the most of any set */

/* tile[i][j] (+)= sum over depth of value(i, k) * panel[k][j], i < rows <= tile_rows, j <
 * tile_columns. */
typedef struct sc_cpu_tile {
    float *tile;
    int64_t pitch; /* of tile rows */
    int rows;
    bool add; /* go on from what is in `tile` */
    const float *panel;
    const float *value;
    int64_t depth, step;
    /* rows_tile: value(i, line, k) = value[row_offset[i] + line * line_step + k * step], `lines`
     * times `depth` deep. */
    int64_t lines, line_step;
    int64_t row_offset[SC_CPU_TILE_ROWS];
    /* window_tile, window_row: value(i, k) = value[depth_offset[k] + i * step]. */
    const int32_t *depth_offset;
} sc_cpu_tile;

typedef void sc_cpu_tile_loop(const sc_cpu_tile *tile);
/* A tile of one column and `count` rows, tile[i], from zero; panel[k] is its depth. */
typedef void sc_cpu_row_loop(const sc_cpu_tile *tile, int64_t count);
/* panel[k * lanes + i] = from[i * lane_step + k * depth_step], i < count; 0 for count <= i < lanes.
 */
typedef void sc_cpu_pack_loop(float *panel, int64_t lanes, const float *from, int64_t lane_step,
                              int64_t depth_step, int64_t count, int64_t depth);
/* to[j * to_pitch + i] = from[i * from_pitch + j]. */
typedef void sc_cpu_turn_loop(float *to, int64_t to_pitch, const float *from, int64_t from_pitch,
                              int64_t rows, int64_t columns);

/* Geometry of pooling, [0] = height, [1] = width; the loops take one plane. */
typedef struct sc_cpu_pool {
    int64_t in[2], out[2], kernel[2], stride[2], dilation[2], pad[2];
    bool count_padding;
} sc_cpu_pool;

typedef void sc_cpu_max_pool_loop(const sc_cpu_pool *pool, float *y, int32_t *index,
                                  const float *x);
typedef void sc_cpu_max_pool_grad_loop(const sc_cpu_pool *pool, float *dx, const float *dy,
                                       const int32_t *index);
/* Forward x -> y, or the gradient dy -> dx; `rows`: scratch memory for two output rows. */
typedef void sc_cpu_average_pool_loop(const sc_cpu_pool *pool, float *out, const float *in,
                                      float *rows);

typedef struct sc_cpu_isa {
    const char *name;
    int vector_width; /* floats */
    bool fma;
    sc_cpu_loop *const *expr; /* by sc_expr_op; NULL for leaves */
    sc_cpu_random_loop *uniform, *normal;
    sc_cpu_widen_loop *widen_bytes;
    sc_cpu_narrow_loop *narrow_bytes;
    sc_cpu_load_loop *load_f16, *load_bf16;
    sc_cpu_store_loop *store_f16, *store_bf16;
    sc_cpu_fold_loop *fold_row, *fold_columns;
    sc_cpu_fold_lanes_loop *fold_lanes;
    sc_cpu_fold_sums_loop *fold_sums;
    sc_cpu_join_lanes_loop *join_lanes;
    sc_cpu_softmax_loop *softmax;
    sc_cpu_softmax_grad_loop *softmax_grad;
    sc_cpu_cross_entropy_loop *cross_entropy;
    sc_cpu_layer_norm_loop *layer_norm;
    sc_cpu_layer_norm_grad_loop *layer_norm_grad;
    sc_cpu_attention_weights_loop *attention_weights;
    sc_cpu_attention_logsum_loop *attention_logsum;
    sc_cpu_attention_slopes_loop *attention_slopes;
    sc_cpu_attention_slopes_of_row_loop *attention_slopes_of_row;
    const int *tile_rows, *tile_columns;
    sc_cpu_tile_loop *rows_tile, *window_tile;
    sc_cpu_row_loop *window_row;
    sc_cpu_tile_loop *exact_rows_tile, *exact_window_tile; /* each multiply-add rounds once */
    sc_cpu_pack_loop *pack_panel;
    sc_cpu_turn_loop *turn;
    sc_cpu_max_pool_loop *max_pool;
    sc_cpu_max_pool_grad_loop *max_pool_grad;
    sc_cpu_average_pool_loop *average_pool, *average_pool_grad;
} sc_cpu_isa;

extern const sc_cpu_isa sc_cpu_isa_baseline;
#if defined(SC_HAVE_ISA_AVX2)
extern const sc_cpu_isa sc_cpu_isa_avx2;
#endif
#if defined(SC_HAVE_ISA_AVX512)
extern const sc_cpu_isa sc_cpu_isa_avx512;
#endif

#endif
