/* SPDX-License-Identifier: Apache-2.0 */
/* For files compiled once per instruction set (-DSC_ISA=avx2 ...): every name that crosses files
 * carries the set, and loops say that their iterations are independent. Nothing else includes this.
 */
#ifndef SC_CPU_CPU_LOOPS_H
#define SC_CPU_CPU_LOOPS_H

#include "cpu/cpu_isa.h"

#define SC_ISA_JOIN_TEXT(name, isa) name##_##isa
#define SC_ISA_JOIN(name, isa) SC_ISA_JOIN_TEXT(name, isa)
#define SC_ISA_NAME(name) SC_ISA_JOIN(name, SC_ISA)
#define SC_LOOP(name) SC_ISA_NAME(sc_cpu_loop_##name)

/* Before a loop: no iteration reads what another writes (an output may be an input at the same
 * index). */
#if defined(__clang__)
#define SC_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define SC_INDEPENDENT _Pragma("GCC ivdep")
#else
#define SC_INDEPENDENT
#endif

/* For bodies that must be specialised by constant arguments. */
#if defined(__GNUC__)
#define SC_ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define SC_ALWAYS_INLINE static inline
#endif

extern sc_cpu_loop *const SC_LOOP(expr)[];
sc_cpu_random_loop SC_LOOP(uniform), SC_LOOP(normal);
sc_cpu_widen_loop SC_LOOP(widen_bytes);
sc_cpu_narrow_loop SC_LOOP(narrow_bytes);
sc_cpu_load_loop SC_LOOP(load_f16), SC_LOOP(load_bf16);
sc_cpu_store_loop SC_LOOP(store_f16), SC_LOOP(store_bf16);
sc_cpu_fold_loop SC_LOOP(fold_row), SC_LOOP(fold_columns);
sc_cpu_fold_lanes_loop SC_LOOP(fold_lanes);
sc_cpu_fold_sums_loop SC_LOOP(fold_sums);
sc_cpu_join_lanes_loop SC_LOOP(join_lanes);
sc_cpu_softmax_loop SC_LOOP(softmax);
sc_cpu_softmax_grad_loop SC_LOOP(softmax_grad);
sc_cpu_cross_entropy_loop SC_LOOP(cross_entropy);
sc_cpu_layer_norm_loop SC_LOOP(layer_norm);
sc_cpu_layer_norm_grad_loop SC_LOOP(layer_norm_grad);
sc_cpu_attention_weights_loop SC_LOOP(attention_weights);
sc_cpu_attention_logsum_loop SC_LOOP(attention_logsum);
sc_cpu_attention_slopes_loop SC_LOOP(attention_slopes);
sc_cpu_attention_slopes_of_row_loop SC_LOOP(attention_slopes_of_row);
extern const int SC_LOOP(tile_rows), SC_LOOP(tile_columns);
sc_cpu_tile_loop SC_LOOP(rows_tile), SC_LOOP(window_tile);
sc_cpu_row_loop SC_LOOP(window_row);
sc_cpu_tile_loop SC_LOOP(exact_rows_tile), SC_LOOP(exact_window_tile);
sc_cpu_pack_loop SC_LOOP(pack_panel);
sc_cpu_turn_loop SC_LOOP(turn);
sc_cpu_max_pool_loop SC_LOOP(max_pool);
sc_cpu_max_pool_grad_loop SC_LOOP(max_pool_grad);
sc_cpu_average_pool_loop SC_LOOP(average_pool), SC_LOOP(average_pool_grad);

#endif
