/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions in launches, by every implementation of every device, to the bit: several outputs, in
 * place, integers of both widths, device scalars, coordinates and launch arguments, and reductions
 * with a prologue and several accumulators. What is expected is computed here, one operation at a
 * time in double or in 64-bit integers and then rounded, which gives the bits of a float operation.
 */
#include "device_fixture.h"
#include "sc_device_bodies.h"

#include <float.h>

enum { N = 6, H = 5, W = 37, ELEMENTS = N * H * W, BUFFERS = 8 };

static union {
    float f[ELEMENTS];
    int32_t i[ELEMENTS];
    uint8_t u[ELEMENTS];
} data[BUFFERS];

static const sc_launch standard_launch = {.rows = N,
                                          .sample_offset = 1000,
                                          .step = 77,
                                          .seed = 9,
                                          .scalar = {[0] = 0.1f, [3] = -2.5f, [7] = 1e-3f}};

static sc_tensor_desc tensor(int dtype, bool batched, int64_t n, int64_t h, int64_t w) {
    return sc_tensor_make(dtype, batched, 3, (const int64_t[]){n, h, w});
}

/* A float result as the devices store it. */
static float rounded(double value) {
    return (float)value;
}

typedef struct setting {
    sc_expr expr;
    sc_op_desc desc;
    sc_launch launch;
    bool varies;        /* check knows what fewer rows give; else it sees whole launches alone */
    void (*fill)(void); /* the inputs, in data[0 ..] */
    void (*check)(const struct setting *s); /* the outputs, in data[desc.inputs ..] */
} setting;

static void run_everywhere(const char *device, setting *s) {
    device_fixture f;
    void *operand[BUFFERS];
    int runs = 0;
    device_open(&f, device, NULL);
    s->desc.expr = &s->expr;
    SC_OK(&f.env, sc_op_infer(&f.env, &s->desc));
    SC_OK(&f.env, sc_op_check(&f.env, &s->desc));
    for (int i = 0; i < BUFFERS; i++) operand[i] = &data[i];
    for (const sc_implementation *const *list = f.device->implementations; *list; list++) {
        sc_kernel *kernel;
        if ((*list)->op != s->desc.op) continue;
        SC_REPRO("%s %s on %s", sc_op_word(s->desc.op), (*list)->name, device);
        socle_status status = sc_prepare(&kernel, f.device, &s->desc, (*list)->name);
        if (status == SOCLE_STATUS_UNSUPPORTED) continue; /* two are left, see below */
        SC_OK(&f.env, status);
        for (s->launch.rows = N; s->launch.rows >= 0; s->launch.rows -= N / 2) {
            memset(data, 0xff, sizeof data);
            s->fill();
            device_run(&f, kernel, &s->desc, operand, &s->launch);
            s->check(s);
            if (!s->varies) break;
        }
        sc_kernel_release(kernel);
        runs++;
    }
    SC_TRUE(runs >= 2); /* a fast one and a plain one */
    device_close(&f);
}

static int node(sc_expr *expr, sc_expr_op op, int a, int b, int c) {
    return sc_expr_add_node(expr, op, a, b, c);
}

/* --- four outputs of two inputs; the last two broadcast */

static void fill_floats(void) {
    device_fill(data[0].f, ELEMENTS, 1);
    device_fill(data[1].f, H * W, 2);
    data[0].f[3] = -0.0f;
    data[0].f[4] = FLT_MIN;
    data[0].f[5] = 3e38f;
    data[1].f[5] = 3e38f;
}

static void check_four(const setting *s) {
    (void)s;
    for (int k = 0; k < ELEMENTS; k++) {
        double a = (double)data[0].f[k], b = (double)data[1].f[k % (H * W)];
        SC_EQ_FLOAT_BITS(data[2].f[k], rounded(a + b));
        SC_EQ_FLOAT_BITS(data[3].f[k], rounded(a * (double)rounded(a - b)));
        SC_EQ_FLOAT_BITS(data[4].f[k], a < b ? data[0].f[k] : rounded(sqrt(fabs(b))));
        SC_EQ_FLOAT_BITS(data[5].f[k], rounded((double)rounded(b / 3.0) + (double)0.1f));
    }
}

static void several_outputs(const char *device) {
    setting s = {.launch = standard_launch, .fill = fill_floats, .check = check_four};
    sc_expr *e = &s.expr;
    sc_expr_init(e);
    int a = sc_expr_input(e, 0, SC_EXPR_FLOAT), b = sc_expr_input(e, 1, SC_EXPR_FLOAT);
    sc_expr_output(e, node(e, SC_EXPR_ADD, a, b, 0));
    sc_expr_output(e, node(e, SC_EXPR_MUL, a, node(e, SC_EXPR_SUB, a, b, 0), 0));
    int root = node(e, SC_EXPR_SQRT, node(e, SC_EXPR_ABS, b, 0, 0), 0, 0);
    sc_expr_output(e, node(e, SC_EXPR_SELECT, node(e, SC_EXPR_LT, a, b, 0), a, root));
    int third = node(e, SC_EXPR_DIV, b, sc_expr_const(e, 3.0f), 0);
    sc_expr_output(e, node(e, SC_EXPR_ADD, third, sc_expr_leaf(e, SC_EXPR_SCALAR, 0, 0), 0));
    s.desc = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .inputs = 2, .outputs = 4};
    s.desc.tensor[0] = tensor(SOCLE_F32, true, N, H, W);
    s.desc.tensor[1] = tensor(SOCLE_F32, false, 1, H, W);
    run_everywhere(device, &s);
}
SC_DEVICE_BODY(expressions, several_outputs)

/* --- integers: wrapping, division, masks, u8 in and out */

static int32_t wrap(int64_t value) {
    return (int32_t)(uint32_t)(uint64_t)value;
}

static void fill_integers(void) {
    static const int32_t edges[] = {0,     1,     -1, 2, -7, 7, INT32_MAX, INT32_MIN, INT32_MIN + 1,
                                    65536, -65537};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    for (int k = 0; k < ELEMENTS; k++) {
        data[0].i[k] = k < EDGES * EDGES ? edges[k % EDGES] : (int32_t)((uint32_t)k * 2654435761u);
        data[1].i[k] =
            k < EDGES * EDGES ? edges[k / EDGES] : (int32_t)((uint32_t)k * 40503u % 1000u) - 500;
        data[2].u[k] = (uint8_t)(k * 7);
    }
}

static void check_integers(const setting *s) {
    (void)s;
    for (int k = 0; k < ELEMENTS; k++) {
        int64_t a = data[0].i[k], b = data[1].i[k], c = data[2].u[k];
        int64_t quotient = b ? wrap(a / b) : 0, rest = b ? a % b : a;
        SC_EQ(data[3].i[k], wrap((int64_t)wrap(a * b) + c));
        SC_EQ(data[4].i[k], a < b ? quotient : wrap(a - rest));
        SC_EQ(data[5].i[k], ((int32_t)a & (int32_t)b) | (a == b));
        SC_EQ(data[6].u[k], (uint8_t)wrap(c + (a ? 3 : 250)));
    }
}

static void integers(const char *device) {
    setting s = {.launch = standard_launch, .fill = fill_integers, .check = check_integers};
    sc_expr *e = &s.expr;
    sc_expr_init(e);
    int a = sc_expr_input(e, 0, SC_EXPR_INT), b = sc_expr_input(e, 1, SC_EXPR_INT),
        c = sc_expr_input(e, 2, SC_EXPR_INT);
    sc_expr_output(e, node(e, SC_EXPR_INT_ADD, node(e, SC_EXPR_INT_MUL, a, b, 0), c, 0));
    int quotient = node(e, SC_EXPR_INT_DIV, a, b, 0), rest = node(e, SC_EXPR_INT_MOD, a, b, 0);
    sc_expr_output(e, node(e, SC_EXPR_INT_SELECT, node(e, SC_EXPR_INT_LT, a, b, 0), quotient,
                           node(e, SC_EXPR_INT_SUB, a, rest, 0)));
    sc_expr_output(e, node(e, SC_EXPR_INT_OR, node(e, SC_EXPR_INT_AND, a, b, 0),
                           node(e, SC_EXPR_INT_EQ, a, b, 0), 0));
    int add = node(e, SC_EXPR_INT_SELECT, a, sc_expr_const_int(e, 3), sc_expr_const_int(e, 250));
    sc_expr_output(e, node(e, SC_EXPR_INT_ADD, c, add, 0));
    s.desc = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .inputs = 3, .outputs = 4};
    for (int i = 0; i < 7; i++)
        s.desc.tensor[i] = tensor(i == 2 || i == 6 ? SOCLE_U8 : SOCLE_I32, true, N, H, W);
    run_everywhere(device, &s);
}
SC_DEVICE_BODY(expressions, integers)

/* --- between the types, with the edges of the conversions */

static void fill_conversions(void) {
    static const float edges[] = {0.9f,           -0.9f, -1.0f,    2147483520.0f, 2147483648.0f,
                                  -2147483648.0f, -3e9f, INFINITY, -INFINITY,     NAN,
                                  1e-40f};
    device_fill(data[0].f, ELEMENTS, 5);
    for (int k = 0; k < ELEMENTS; k++) {
        data[0].f[k] *= 100.0f;
        data[1].i[k] = (int32_t)((uint32_t)k * 2654435761u);
    }
    memcpy(data[0].f, edges, sizeof edges);
    data[1].i[0] = 16777217;
    data[1].i[1] = INT32_MAX;
}

static void check_conversions(const setting *s) {
    (void)s;
    for (int k = 0; k < ELEMENTS; k++) {
        double x = (double)data[0].f[k];
        int32_t whole = x != x              ? 0
                        : x >= 2147483648.0 ? INT32_MAX
                        : x < -2147483648.0 ? INT32_MIN
                                            : (int32_t)x;
        SC_EQ(data[2].i[k], whole);
        SC_EQ_FLOAT_BITS(data[3].f[k], rounded((double)data[1].i[k]));
        SC_EQ(data[4].i[k], isfinite(x) ? 1 : 0);
    }
}

static void conversions(const char *device) {
    setting s = {.launch = standard_launch, .fill = fill_conversions, .check = check_conversions};
    sc_expr *e = &s.expr;
    sc_expr_init(e);
    int x = sc_expr_input(e, 0, SC_EXPR_FLOAT), i = sc_expr_input(e, 1, SC_EXPR_INT);
    sc_expr_output(e, node(e, SC_EXPR_TO_INT, x, 0, 0));
    sc_expr_output(e, node(e, SC_EXPR_TO_FLOAT, i, 0, 0));
    sc_expr_output(e, node(e, SC_EXPR_IS_FINITE, x, 0, 0));
    s.desc = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .inputs = 2, .outputs = 3};
    s.desc.tensor[0] = tensor(SOCLE_F32, false, N, H, W);
    s.desc.tensor[1] = tensor(SOCLE_I32, false, N, H, W);
    run_everywhere(device, &s);
}
SC_DEVICE_BODY(expressions, conversions)

/* --- device scalars: an update that one integer word on the device allows, scaled by one float
 * there; in place in spirit */

static int32_t health_word;

static void fill_predicated(void) {
    device_fill(data[0].f, ELEMENTS, 11);
    device_fill(data[1].f, ELEMENTS, 12);
    data[2].i[0] = health_word;
    data[3].f[0] = 0.75f;
    device_fill(data[4].f, H, 13);
}

static void check_predicated(const setting *s) {
    (void)s;
    for (int k = 0; k < ELEMENTS; k++) {
        double w = (double)data[0].f[k], g = (double)data[1].f[k],
               rate = (double)data[4].f[k / W % H];
        double step =
            (double)rounded((double)rounded(rate * (double)0.1f) * (double)rounded(g * 0.75));
        SC_EQ_FLOAT_BITS(data[5].f[k], health_word ? data[0].f[k] : rounded(w - step));
        SC_EQ(data[6].i[k], health_word ? health_word : 77);
    }
}

static void device_scalars(const char *device) {
    setting s = {.launch = standard_launch, .fill = fill_predicated, .check = check_predicated};
    sc_expr *e = &s.expr;
    sc_expr_init(e);
    int w = sc_expr_input(e, 0, SC_EXPR_FLOAT), g = sc_expr_input(e, 1, SC_EXPR_FLOAT),
        word = sc_expr_input(e, 2, SC_EXPR_INT), clip = sc_expr_input(e, 3, SC_EXPR_FLOAT),
        rate = sc_expr_input(e, 4, SC_EXPR_FLOAT);
    int healthy = node(e, SC_EXPR_INT_EQ, word, sc_expr_const_int(e, 0), 0);
    int scaled = node(e, SC_EXPR_MUL, rate, sc_expr_leaf(e, SC_EXPR_SCALAR, 0, 0), 0);
    int moved = node(e, SC_EXPR_SUB, w,
                     node(e, SC_EXPR_MUL, scaled, node(e, SC_EXPR_MUL, g, clip, 0), 0), 0);
    sc_expr_output(e, node(e, SC_EXPR_SELECT, healthy, moved, w));
    sc_expr_output(e, node(e, SC_EXPR_INT_SELECT, word, word, sc_expr_leaf(e, SC_EXPR_STEP, 0, 0)));
    s.desc = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .inputs = 5, .outputs = 2};
    s.desc.tensor[0] = s.desc.tensor[1] = tensor(SOCLE_F32, false, N, H, W);
    s.desc.tensor[2] = tensor(SOCLE_I32, false, 1, 1, 1);
    s.desc.tensor[3] = tensor(SOCLE_F32, false, 1, 1, 1);
    s.desc.tensor[4] = tensor(SOCLE_F32, false, 1, H, 1);
    health_word = 0;
    run_everywhere(device, &s);
    s.desc.tensor[5] = s.desc.tensor[6] = (sc_tensor_desc){0};
    health_word = 41;
    run_everywhere(device, &s);
}
SC_DEVICE_BODY(expressions, device_scalars)

/* --- coordinates and launch arguments, without any input; fewer rows than the capacity */

static void fill_nothing(void) {}

static void check_places(const setting *s) {
    for (int k = 0; k < ELEMENTS; k++) {
        int n = k / (H * W), h = k / W % H, w = k % W;
        bool row = n < s->launch.rows;
        SC_EQ(data[0].i[k], row ? wrap(10000 * (int64_t)n + 100 * h + w) : -1);
        SC_EQ(data[1].i[k], row ? (1000 + n) * 2 + (int)s->launch.rows : -1);
        uint32_t bits;
        memcpy(&bits, &data[2].f[k], sizeof bits);
        if (row)
            SC_EQ_FLOAT_BITS(data[2].f[k], rounded((double)rounded(-2.5 * 77.0) + (double)1e-3f));
        else
            SC_EQ(bits, UINT32_MAX); /* not a byte beyond the rows */
    }
}

static void places(const char *device) {
    setting s = {
        .launch = standard_launch, .fill = fill_nothing, .check = check_places, .varies = true};
    sc_expr *e = &s.expr;
    sc_expr_init(e);
    int at = sc_expr_leaf(e, SC_EXPR_COORD, 2, 0);
    at = node(e, SC_EXPR_INT_ADD, at,
              node(e, SC_EXPR_INT_MUL, sc_expr_leaf(e, SC_EXPR_COORD, 1, 0),
                   sc_expr_const_int(e, 100), 0),
              0);
    at = node(e, SC_EXPR_INT_ADD, at,
              node(e, SC_EXPR_INT_MUL, sc_expr_leaf(e, SC_EXPR_COORD, 0, 0),
                   sc_expr_const_int(e, 10000), 0),
              0);
    sc_expr_output(e, at);
    int sample =
        node(e, SC_EXPR_INT_MUL, sc_expr_leaf(e, SC_EXPR_SAMPLE, 0, 0), sc_expr_const_int(e, 2), 0);
    sc_expr_output(e, node(e, SC_EXPR_INT_ADD, sample, sc_expr_leaf(e, SC_EXPR_ROWS, 0, 0), 0));
    int step = node(e, SC_EXPR_TO_FLOAT, sc_expr_leaf(e, SC_EXPR_STEP, 0, 0), 0, 0);
    int product = node(e, SC_EXPR_MUL, sc_expr_leaf(e, SC_EXPR_SCALAR, 3, 0), step, 0);
    sc_expr_output(e, node(e, SC_EXPR_ADD, product, sc_expr_leaf(e, SC_EXPR_SCALAR, 7, 0), 0));
    s.desc = (sc_op_desc){.op = SC_OP_ELEMENTWISE, .outputs = 3};
    for (int i = 0; i < 3; i++)
        s.desc.tensor[i] = tensor(i == 2 ? SOCLE_F32 : SOCLE_I32, true, N, H, W);
    run_everywhere(device, &s);
}
SC_DEVICE_BODY(expressions, places)

/* --- reductions: sum of a product, maximum of a difference, minimum of a magnitude, and a count;
 * whole numbers, so that sums are exact */

static void fill_whole(void) {
    for (int k = 0; k < ELEMENTS; k++)
        data[0].f[k] = (float)((int32_t)((uint32_t)k * 2654435761u % 65u) - 32);
    for (int k = 0; k < W; k++) data[1].i[k] = k % 9 - 4;
    data[2].f[0] = 0.5f;
}

static void check_reduction(const setting *s) {
    uint32_t axes = s->desc.attr.reduce.axes;
    const int size[3] = {axes & 1 ? 1 : N, axes & 2 ? 1 : H, axes & 4 ? 1 : W};
    static double sum[ELEMENTS], most[ELEMENTS], least[ELEMENTS], count[ELEMENTS];
    int results = size[0] * size[1] * size[2];
    for (int r = 0; r < results; r++)
        sum[r] = count[r] = 0, most[r] = -INFINITY, least[r] = INFINITY;
    for (int k = 0; k < (int)s->launch.rows * H * W; k++) {
        int n = k / (H * W), h = k / W % H, w = k % W;
        int r = ((axes & 1 ? 0 : n) * size[1] + (axes & 2 ? 0 : h)) * size[2] + (axes & 4 ? 0 : w);
        double a = (double)data[0].f[k], b = (double)data[1].i[w];
        sum[r] += a * b;
        count[r] += a < 0 ? 1 : 0;
        most[r] = fmax(most[r], a - b);
        least[r] = fmin(least[r], fabs(a) * 0.5);
    }
    int written = axes & 1 ? results : (int)s->launch.rows * size[1] * size[2];
    for (int r = 0; r < written; r++) {
        SC_EQ_FLOAT_BITS(data[3].f[r] + 0.0f, rounded(sum[r]) + 0.0f); /* a zero of either sign */
        SC_EQ_FLOAT_BITS(data[4].f[r], rounded(most[r]));
        SC_EQ_FLOAT_BITS(data[5].f[r], rounded(least[r]));
        SC_EQ_FLOAT_BITS(data[6].f[r], rounded(count[r]));
    }
}

static void reductions(const char *device) {
    setting s = {
        .launch = standard_launch, .fill = fill_whole, .check = check_reduction, .varies = true};
    sc_expr *e = &s.expr;
    sc_expr_init(e);
    int a = sc_expr_input(e, 0, SC_EXPR_FLOAT), i = sc_expr_input(e, 1, SC_EXPR_INT),
        half = sc_expr_input(e, 2, SC_EXPR_FLOAT);
    int b = node(e, SC_EXPR_TO_FLOAT, i, 0, 0), zero = sc_expr_const(e, 0.0f);
    sc_expr_output(e, node(e, SC_EXPR_MUL, a, b, 0));
    sc_expr_output(e, node(e, SC_EXPR_SUB, a, b, 0));
    sc_expr_output(e, node(e, SC_EXPR_MUL, node(e, SC_EXPR_ABS, a, 0, 0), half, 0));
    sc_expr_output(e, node(e, SC_EXPR_TO_FLOAT, node(e, SC_EXPR_LT, a, zero, 0), 0, 0));
    for (uint32_t axes = 1; axes < 8; axes++) {
        if (!sc_test_takes(device, axes - 1, 4)) continue;
        s.desc = (sc_op_desc){.op = SC_OP_REDUCE, .inputs = 3, .outputs = 4};
        s.desc.attr.reduce.axes = axes;
        const uint8_t kind[4] = {SC_REDUCE_SUM, SC_REDUCE_MAX, SC_REDUCE_MIN, SC_REDUCE_SUM};
        memcpy(s.desc.attr.reduce.kind, kind, sizeof kind);
        s.desc.tensor[0] = tensor(SOCLE_F32, true, N, H, W);
        s.desc.tensor[1] = tensor(SOCLE_I32, false, 1, 1, W);
        s.desc.tensor[2] = tensor(SOCLE_F32, false, 1, 1, 1);
        run_everywhere(device, &s);
    }
}
SC_DEVICE_BODY(expressions, reductions)

SC_OPENCL_BODIES(expressions)
