/* SPDX-License-Identifier: Apache-2.0 */
/* One row of the table of instruction sets; compiled once per set. */
#include "cpu/cpu_loops.h"

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)

#if defined(__AVX512F__)
#define VECTOR_WIDTH 16
#elif defined(__AVX__)
#define VECTOR_WIDTH 8
#else
#define VECTOR_WIDTH 4
#endif

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define HAS_FMA true
#else
#define HAS_FMA false
#endif

const sc_cpu_isa SC_ISA_NAME(sc_cpu_isa) = {
    .name = TEXT(SC_ISA),
    .vector_width = VECTOR_WIDTH,
    .fma = HAS_FMA,
    .expr = SC_LOOP(expr),
    .uniform = SC_LOOP(uniform),
    .normal = SC_LOOP(normal),
    .widen_bytes = SC_LOOP(widen_bytes),
    .narrow_bytes = SC_LOOP(narrow_bytes),
    .load_f16 = SC_LOOP(load_f16),
    .load_bf16 = SC_LOOP(load_bf16),
    .store_f16 = SC_LOOP(store_f16),
    .store_bf16 = SC_LOOP(store_bf16),
    .fold_row = SC_LOOP(fold_row),
    .fold_columns = SC_LOOP(fold_columns),
    .fold_lanes = SC_LOOP(fold_lanes),
    .fold_sums = SC_LOOP(fold_sums),
    .join_lanes = SC_LOOP(join_lanes),
    .softmax = SC_LOOP(softmax),
    .softmax_grad = SC_LOOP(softmax_grad),
    .cross_entropy = SC_LOOP(cross_entropy),
    .layer_norm = SC_LOOP(layer_norm),
    .layer_norm_grad = SC_LOOP(layer_norm_grad),
    .attention_weights = SC_LOOP(attention_weights),
    .attention_logsum = SC_LOOP(attention_logsum),
    .attention_slopes = SC_LOOP(attention_slopes),
    .attention_slopes_of_row = SC_LOOP(attention_slopes_of_row),
    .tile_rows = &SC_LOOP(tile_rows),
    .tile_columns = &SC_LOOP(tile_columns),
    .rows_tile = SC_LOOP(rows_tile),
    .window_tile = SC_LOOP(window_tile),
    .window_row = SC_LOOP(window_row),
    .exact_rows_tile = SC_LOOP(exact_rows_tile),
    .exact_window_tile = SC_LOOP(exact_window_tile),
    .pack_panel = SC_LOOP(pack_panel),
    .turn = SC_LOOP(turn),
    .max_pool = SC_LOOP(max_pool),
    .max_pool_grad = SC_LOOP(max_pool_grad),
    .average_pool = SC_LOOP(average_pool),
    .average_pool_grad = SC_LOOP(average_pool_grad),
};
