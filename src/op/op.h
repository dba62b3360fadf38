/* SPDX-License-Identifier: Apache-2.0 */
/* What each operation means: descriptors, attributes, shape inference, validation. Nothing here
 * executes; the drivers do, the planner and verify read. Add an operation: a row in op_list.def,
 * its meaning below, its shapes in op_shape.c, an implementation per driver, cases in src/verify, a
 * gradient rule in src/graph. */
#ifndef SC_OP_OP_H
#define SC_OP_OP_H

#include "op/expr.h"

enum { SC_MAX_RANK = SOCLE_MAX_RANK, SC_MAX_OPERANDS = 16 };

typedef enum sc_op {
#define SC_OP(NAME, word, inputs, outputs) SC_OP_##NAME,
#include "op/op_list.def"
#undef SC_OP
    SC_OP_COUNT
} sc_op;

/* How the elements lie in memory. Public tensors and files are always PLAIN (dense row-major,
 * NCHW). */
typedef enum sc_layout {
    SC_LAYOUT_PLAIN,
    SC_LAYOUT_C16, /* [N][C/16][H][W][16], channels padded with zeros to a multiple of 16 */
    SC_LAYOUT_COUNT
} sc_layout;

/* A tensor as the planner and the drivers see it. `dim` at full capacity. A batched tensor has its
 * samples along dim[0], each of them `rows_per_sample` consecutive rows: dim[0] = samples *
 * rows_per_sample. A launch with fewer samples uses only the rows of these, and must neither read
 * nor write beyond. The same bytes are a tensor of other rows per sample: [N,T,D] with one row per
 * sample and [N*T,D] with T. */
typedef struct sc_tensor_desc {
    uint8_t dtype;  /* socle_dtype */
    uint8_t layout; /* sc_layout */
    int rank; /* 0 (one element) .. SC_MAX_RANK; with several rows per sample less than that, for
                 [N*T,...] is [N,T,...] */
    int64_t rows_per_sample; /* 0: not batched */
    int64_t dim[SC_MAX_RANK];
} sc_tensor_desc;

typedef enum sc_reduce_kind { SC_REDUCE_SUM, SC_REDUCE_MAX, SC_REDUCE_MIN } sc_reduce_kind;

typedef struct sc_window { /* convolution and pooling geometry, [0] = height, [1] = width */
    int kernel[2], stride[2], dilation[2];
    int pad_before[2], pad_after[2];
} sc_window;

typedef union sc_op_attr {
    struct {
        bool transpose_a, transpose_b;
    } matmul;
    struct {
        sc_window window;
        int groups;
    } conv;
    struct {
        sc_window window;
        bool count_padding;
    } pool; /* count_padding: average divides by the full window */
    struct {
        uint32_t axes;
        uint8_t kind[SC_EXPR_OUTPUTS];
    } reduce; /* bit d: dimension d is reduced (kept as 1) */
    struct {
        bool log;
    } softmax;
    struct {
        float epsilon;
    } layer_norm;
    struct {
        int heads;
        float scale;
        bool causal;
        int64_t shift; /* causal: query t sees the keys up to t + shift */
    } attention;
    struct {
        int order[SC_MAX_RANK];
    } permute;
    struct {
        int64_t begin[SC_MAX_RANK];
    } slice; /* size = output shape; step 1 */
    struct {
        int axis;
    } concat;
    struct {
        int64_t before[SC_MAX_RANK];
    } pad;
} sc_op_attr;

/* The canonical order of REDUCE: reduced elements are numbered in the order of their coordinates,
 * dimensions of size 1 do not count. Where the last dimension is reduced, 16 sums take the numbers
 * of a part in turn and are combined in pairs (i and i + 8, i + 4, ...); where it is kept, a part
 * is one chain. Parts, of so many numbers, are combined in rising order. */
enum { SC_REDUCE_LANES = 16, SC_REDUCE_ROW_PART = 8192, SC_REDUCE_COLUMN_PART = 64 };

/* One operation. tensor[0..inputs) are inputs, tensor[inputs..inputs+outputs) outputs.
 *
 * Where it says f32, or no type, a float operand is stored as f32, f16 or bf16, each as it likes.
 * A maximum's place (MAXPOOL2D, MAXPOOL2D_GRAD) is i32, or u8 where the window has 256 taps or
 * less.
 *
 *  ELEMENTWISE  expr over the outputs' common shape; each input has the same rank, and each of its
 *               dims equals the output's or is 1 (broadcast). Output k = expr output k. An input
 *               may be the same memory as an output of the same shape and dtype (in place).
 *  MATMUL       A [.., M,K] (or [.., K,M] if transpose_a) x B [.., K,N] (or [.., N,K])
 *               -> C [.., M,N]; leading dims are batch dims, equal or 1. The batched dim[0] may
 *               thus be M, K or a batch dim: in a product along K all rows of all samples add up.
 *  CONV2D       x [N,C,H,W], w [O,C/groups,KH,KW] -> y [N,O,OH,OW], a cross-correlation as in
 *               all frameworks
 *  CONV2D_GRAD_INPUT   dy [N,O,OH,OW], w -> dx [N,C,H,W]
 *  CONV2D_GRAD_WEIGHT  x [N,C,H,W], dy [N,O,OH,OW] -> dw (sum over the rows)
 *  MAXPOOL2D    x [N,C,H,W] -> y [N,C,OH,OW], index i32 [N,C,OH,OW] = kh*KW+kw of the first
 *               maximum; a NaN in the window is the maximum (the first one); padding never wins
 *  MAXPOOL2D_GRAD  dy, index -> dx [N,C,H,W]
 *  AVGPOOL2D    x -> y;  AVGPOOL2D_GRAD  dy -> dx
 *  REDUCE       like ELEMENTWISE, an expression over the inputs' common (broadcast) index space,
 *               whose dims are the largest of the inputs' per dimension; result k is reduced over
 *               `axes` with kind[k] into output k (reduced dims are 1). No rows: sum 0, max -inf,
 *               min +inf. A NaN makes every kind NaN. `expr` is never NULL. Float results only.
 *  SOFTMAX      x [.., C] -> softmax or log-softmax along the last dim (max subtracted)
 *  SOFTMAX_GRAD y (the softmax output, or log-softmax output if attr.softmax.log), dy -> dx
 *  CROSS_ENTROPY logits [N,C], labels u8|i32 [N] -> loss [N] = -log softmax(logits)[label],
 *               dlogits [N,C] = softmax - onehot. A label out of range makes loss and dlogits of
 *               that row NaN (hosts check before).
 *  LAYER_NORM   x [.., C], scale [C], shift [C] -> y [.., C] = (x - mean) * inverse * scale
 *               + shift, mean [.., 1] of the C values of a row, inverse [.., 1] = 1 /
 *               sqrt(variance + epsilon) of their biased variance. A NaN or an infinity in a row
 *               makes the row NaN (Ba, Kiros and Hinton 2016).
 *  LAYER_NORM_GRAD  x [.., C], scale [C], dy [.., C], mean [.., 1], inverse [.., 1] -> dx [.., C] =
 *               inverse * (g - sum g / C - h * sum(g h) / C), g = dy * scale, h = (x - mean) *
 *               inverse
 *  ATTENTION    q [N,T,W], k [N,S,W], v [N,S,W], and where there is a fourth input length i32 [N]
 *               -> y [N,T,W], logsum [N,T,heads]. Head h has the columns from h * D on, D = W /
 *               heads. Query t of sample n sees the keys s < length[n] (all S without lengths; no
 *               length is below 0 or above S, whatever it says) and, if causal, s <= t + shift. Of
 *               what it sees, y = the sum of v weighted by the softmax of scale * q.k, logsum = the
 *               logarithm of the sum of exp(scale * q.k). A query that sees nothing: y = 0, logsum
 *               = -inf. What it does not see has no influence, NaN included.
 *  ATTENTION_GRAD_QUERY  q, k, v, dy [N,T,W], logsum, delta [N,T,heads] (the sum over a head of
 *               dy * y), and maybe length -> dq [N,T,W] = scale * the sum over s of g k, where g =
 *               p (dy.v - delta) and p = exp(scale * q.k - logsum)
 *  ATTENTION_GRAD_KEY  the same inputs -> dk [N,S,W] = scale * the sum over t of g q, dv [N,S,W] =
 *               the sum over t of p dy. A key that nobody sees: 0.
 *  GATHER       table [V, ...], index i32 [N] (as batched as the result) -> [N, ...] of the
 *               table's dtype; out of range: zeros
 *  SCATTER_ADD  index i32 [N], src f32 [N, ...] -> table gradient [V, ...] (zero where no index;
 *               sum in order of n)
 *  PUT_ROWS     table [V, ...], index i32 [N], rows [N, ...] of the table's very type -> the table
 *               with out[index[n]] = rows[n]. No number comes twice among those in range; what is
 *               out of range is put nowhere. The table may be the same memory as the output (in
 *               place): then nothing else of it is touched.
 *  ARGMAX       x [.., C] -> i32 [..]: first maximum along the last dim; a NaN counts as the
 *               maximum. Rank drops by one.
 *  PERMUTE      out.dim[i] = in.dim[order[i]]; a batched input keeps dim 0 in place (order[0] = 0)
 *  SLICE, CONCAT, PAD   along any dims but a batched dim 0; PAD fills with 0; any dtype
 *  CROP2D       x [N,C,H,W] of any dtype, origin i32 [N,3] (batched as x is) -> y [N,C,OH,OW] of
 *               x's dtype: a window of each sample at a place of its own, (row, column, mirror) =
 *               origin[n]. y[n,c,i,j] = x[n,c, row + i, column + (mirror != 0 ? OW - 1 - j : j)],
 *               0 outside x; any 32-bit number is a valid origin
 *  REORDER      changes the layout tag, nothing else
 *
 * Tail (MATMUL, CONV2D, CONV2D_GRAD_INPUT, MAXPOOL2D_GRAD, AVGPOOL2D_GRAD): an expression applied
 * to each element of the result before it is stored. Its input 0 is the raw result, its input k >=
 * 1 is tensor[base + k - 1], base = the number of inputs without tail; those broadcast against the
 * output as in ELEMENTWISE. One output. */
typedef struct sc_op_desc {
    sc_op op;
    int inputs, outputs;
    sc_tensor_desc tensor[SC_MAX_OPERANDS];
    sc_op_attr attr;
    const sc_expr *expr; /* ELEMENTWISE, REDUCE; borrowed: alive as long as the descriptor is used
                          */
    const sc_expr *tail; /* NULL for none; borrowed */
    bool portable;       /* every sum in the canonical order (docs/ARCHITECTURE.md): then the result
                            is a function of the operands alone, whatever computes it */
} sc_op_desc;

/* Arguments of one launch. */
typedef struct sc_launch {
    int64_t rows; /* samples of this launch, 0 .. capacity: batched tensors have so many, times
                     their rows per sample */
    uint32_t sample_offset; /* global position in the batch of the first sample */
    uint32_t step;
    uint64_t seed;
    int64_t repetitions; /* of regions that go to the longest sample: its length, 0: as many as
                            they have (graph/repeat.h) */
    float scalar[SC_LAUNCH_SCALARS]; /* e.g. learning rate, 1 / total weight */
} sc_launch;

const char *sc_op_word(sc_op op);
int sc_op_base_inputs(const sc_op_desc *desc); /* inputs without those of the tail */
bool sc_op_takes_tail(sc_op op);

size_t sc_dtype_size(int dtype);
const char *sc_dtype_word(int dtype); /* "f32" */
/* f32, f16 or bf16. Whatever a float is stored as, it is computed with as f32: loaded exactly,
 * rounded once, to nearest even, when it is stored. */
bool sc_dtype_is_float(int dtype);
/* The type that an operation computes operand `index` in: of a float f32, of a maximum's place i32,
 * of all else the type it has. */
int sc_op_computed_dtype(const sc_op_desc *desc, int index);
sc_tensor_desc sc_tensor_make(int dtype, int64_t rows_per_sample, int rank, const int64_t *dim);
int64_t sc_tensor_samples(const sc_tensor_desc *tensor);  /* at capacity; 1 where it is not batched
                                                           */
int64_t sc_tensor_elements(const sc_tensor_desc *tensor); /* at capacity, logical */
/* Of a launch of `rows` samples. */
int64_t sc_tensor_elements_at(const sc_tensor_desc *tensor, int64_t rows); /* logical */
int64_t sc_tensor_dim_at(const sc_tensor_desc *tensor, int d, int64_t rows);
size_t sc_tensor_bytes(const sc_tensor_desc *tensor); /* storage incl. layout padding */
bool sc_tensor_equal(const sc_tensor_desc *a, const sc_tensor_desc *b);
/* "f32[128,32,14,14]" into `out`; a batched first dim prints as N, or as N*4 with 4 rows per
 * sample. */
void sc_tensor_text(char *out, size_t size, const sc_tensor_desc *tensor);
/* The index space of ELEMENTWISE (outputs' shape) and REDUCE (largest of inputs); tail: the output.
 */
sc_tensor_desc sc_op_space(const sc_op_desc *desc);
int64_t sc_window_output(int64_t size, const sc_window *window, int axis); /* <= 0: the kernel does
                                                                              not fit */

/* Fills the output tensors from the inputs and attributes. Outputs come in zeroed, but where their
 * sizes are the caller's choice: SLICE, PAD and *POOL2D_GRAD (all dims), CONV2D_GRAD_INPUT (may
 * be), SCATTER_ADD (dim 0), CROP2D (dims 2 and 3), REORDER (layout), ELEMENTWISE larger than its
 * inputs. Errors: SHAPE, with the values. */
socle_status sc_op_infer(sc_env *env, sc_op_desc *desc);
/* Full validation of a complete descriptor: operand count, dtypes, ranks, shapes, attributes, sizes
 * without overflow and < 2^31 elements per tensor, expression types. A driver may rely on what this
 * accepts. */
socle_status sc_op_check(sc_env *env, const sc_op_desc *desc);
/* Canonical text of a descriptor (shapes at capacity, attributes, expressions): cache keys,
 * messages. */
struct sc_text;
void sc_op_print(struct sc_text *text, const sc_op_desc *desc);
/* Text of the class that its shapes belong to, for which one choice of an implementation holds:
 * without samples, layouts and tail, sizes rounded. */
void sc_op_class(struct sc_text *text, const sc_op_desc *desc);

#endif
