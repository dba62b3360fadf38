/* SPDX-License-Identifier: Apache-2.0 */
/* Every value of every tuning parameter gives the same bits, and each is a kernel of its own. */
#include "backend/records.h"
#include "device_fixture.h"
#include "sc_temp.h"

enum { MOST = 70 * 3001 };

/* Shapes that no tile or piece divides. */
static bool make_desc(sc_op_desc *desc, sc_op op, sc_expr *expr) {
    *desc = (sc_op_desc){.op = op, .inputs = 2, .outputs = 1};
    sc_expr_init(expr);
    if (op == SC_OP_MATMUL) {
        desc->tensor[0] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){37, 270});
        desc->tensor[1] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){270, 53});
        desc->tensor[2] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){37, 53});
        return true;
    }
    if (op == SC_OP_CONV2D || op == SC_OP_CONV2D_GRAD_INPUT || op == SC_OP_CONV2D_GRAD_WEIGHT) {
        const bool by_input = op == SC_OP_CONV2D_GRAD_INPUT;
        const sc_tensor_desc x = sc_tensor_make(SOCLE_F32, 1, 4, (const int64_t[]){5, 6, 13, 11});
        const sc_tensor_desc w = sc_tensor_make(SOCLE_F32, 0, 4, (const int64_t[]){35, 6, 3, 3});
        const sc_tensor_desc y = sc_tensor_make(SOCLE_F32, 1, 4, (const int64_t[]){5, 35, 13, 11});
        desc->attr.conv.groups = 1;
        desc->attr.conv.window = (sc_window){{3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}};
        desc->tensor[0] = by_input ? y : x;
        desc->tensor[1] = op == SC_OP_CONV2D_GRAD_WEIGHT ? y : w;
        desc->tensor[2] = by_input ? x : op == SC_OP_CONV2D ? y : w;
        return true;
    }
    int x = sc_expr_input(expr, 0, SC_EXPR_FLOAT), y = sc_expr_input(expr, 1, SC_EXPR_FLOAT);
    int product = sc_expr_add_node(expr, SC_EXPR_MUL, x, y, 0);
    sc_expr_output(expr, sc_expr_add_node(expr, SC_EXPR_ADD, product,
                                          sc_expr_leaf(expr, SC_EXPR_UNIFORM, 0, 3), 0));
    desc->expr = expr;
    desc->tensor[0] = desc->tensor[2] =
        sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){70, 3001});
    desc->tensor[1] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){70, 1});
    return op == SC_OP_ELEMENTWISE;
}

typedef struct bench {
    device_fixture f;
    sc_temp folder;
    sc_env env;
    sc_records *records;
} bench;

static void run(bench *b, const sc_op_desc *desc, const char *name, const char *tuning,
                float *out) {
    static float data[2][MOST];
    void *operand[3] = {data[0], data[1], out};
    sc_kernel *kernel;
    for (int i = 0; i < 2; i++) device_fill(data[i], MOST, (uint32_t)i + 1);
    memset(out, 0xff, MOST * sizeof *out);
    SC_OK(&b->env, sc_records_set_tuning(b->records, &b->f.device->info, desc->op, name, tuning));
    SC_OK(&b->f.env, sc_prepare(&kernel, b->f.device, desc, name));
    const sc_launch launch = {.rows = desc->tensor[0].dim[0] - 1, .step = 5, .seed = 9};
    device_run(&b->f, kernel, desc, operand, &launch);
    sc_kernel_release(kernel);
}

static int try_all(bench *b, const sc_implementation *implementation) {
    static float standard[MOST], found[MOST];
    sc_op_desc desc;
    sc_expr expr;
    char tuning[64];
    int tried = 0;
    if (!make_desc(&desc, implementation->op, &expr))
        SC_TEST_FAIL("%s %s has parameters, and this test no case for it",
                     sc_op_word(implementation->op), implementation->name);
    run(b, &desc, implementation->name, NULL, standard);
    for (const sc_tuning_parameter *p = implementation->parameter; p->name; p++)
        for (int v = 0; v < SC_TUNING_VALUES && p->value[v]; v++) {
            const bool last = v + 1 == SC_TUNING_VALUES || !p->value[v + 1];
            if (!sc_test_full() && v && !last) continue; /* the least and the most */
            tried++;
            snprintf(tuning, sizeof tuning, "%s=%d", p->name, p->value[v]);
            SC_REPRO("%s %s, %s", sc_op_word(implementation->op), implementation->name, tuning);
            run(b, &desc, implementation->name, tuning, found);
            SC_EQ_MEMORY(found, standard, sizeof found);
        }
    return tried;
}

/* The table is sound: few parameters with names, the standard one among the values or 0. */
static void check_table(const sc_implementation *implementation) {
    int count = 0;
    for (const sc_tuning_parameter *p = implementation->parameter; p->name; p++, count++) {
        bool among = p->standard == 0;
        for (int v = 0; v < SC_TUNING_VALUES; v++) among |= p->value[v] == p->standard;
        SC_TRUE(among && p->value[0] > 0);
    }
    SC_TRUE(count > 0 && count <= SC_TUNING_PARAMETERS);
}

static bool table_of_another(const sc_implementation *const *at,
                             const sc_implementation *const *first) {
    for (const sc_implementation *const *other = first; other != at; other++)
        if ((*other)->parameter == (*at)->parameter) return true;
    return false;
}

Test(tuning, no_value_changes_a_bit) {
    bench b;
    int tried = 0;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    sc_temp_make(&b.folder);
    sc_env_init(&b.env, NULL, NULL);
    SC_OK(&b.env, sc_records_load(&b.records, &b.env, b.folder.path));
    options.records = b.records;
    device_open(&b.f, "opencl:0", &options);
    for (const sc_implementation *const *list = b.f.device->implementations; *list; list++) {
        if (!(*list)->parameter) continue;
        check_table(*list);
        /* In the short form of this test, one of those that have a table in common. */
        if (!sc_test_full() && table_of_another(list, b.f.device->implementations)) continue;
        tried += try_all(&b, *list);
    }
    SC_TRUE(tried >= 8);
    SC_TRUE(sc_device_prepared(b.f.device).idle >= tried);
    device_close(&b.f);
    sc_records_destroy(b.records);
    sc_temp_remove(&b.folder);
}
