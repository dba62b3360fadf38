/* SPDX-License-Identifier: Apache-2.0 */
/* Announced operations: their texts become one program, the results keep their bits, and what does
 * not build is left to prepare, which says so and takes the next implementation. And the text of a
 * unit, letter by letter. */
#include "base/sealed.h"
#include "device_fixture.h"
#include "opencl/ocl_program.h"
#include "sc_temp.h"

enum { SIDE = 8, FLOATS = 4 * SIDE * SIDE, OPERATIONS = 4, ONE_MORE };

typedef struct operation {
    sc_op_desc desc;
    sc_expr expr;
} operation;

static void elementwise(operation *out, sc_op op, sc_expr_op function) {
    static const int64_t dim[] = {FLOATS / SIDE, SIDE}, row[] = {1, SIDE};
    sc_expr_init(&out->expr);
    int value =
        sc_expr_add_node(&out->expr, function, sc_expr_input(&out->expr, 0, SC_EXPR_FLOAT), 0, 0);
    sc_expr_output(&out->expr, value);
    out->desc = (sc_op_desc){.op = op, .inputs = 1, .outputs = 1, .expr = &out->expr};
    out->desc.tensor[0] = sc_tensor_make(SOCLE_F32, 0, 2, dim);
    out->desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 2, op == SC_OP_REDUCE ? row : dim);
    if (op == SC_OP_REDUCE) out->desc.attr.reduce.axes = 1;
}

/* Two texts whose helpers have the same names, one with a -D list, one of a kernel alone. */
static void make_operations(operation *out) {
    static const int64_t dim[] = {FLOATS}, index[] = {FLOATS / 4};
    memset(out, 0, ONE_MORE * sizeof *out);
    elementwise(&out[0], SC_OP_ELEMENTWISE, SC_EXPR_EXP);
    elementwise(&out[1], SC_OP_REDUCE, SC_EXPR_SQUARE);
    elementwise(&out[2], SC_OP_REDUCE, SC_EXPR_EXP);
    out[3].desc = (sc_op_desc){.op = SC_OP_SLICE, .inputs = 1, .outputs = 1};
    out[3].desc.tensor[0] = sc_tensor_make(SOCLE_U8, 0, 1, dim);
    out[3].desc.tensor[1] = sc_tensor_make(SOCLE_U8, 0, 1, index);
    out[3].desc.attr.slice.begin[0] = 3;
    elementwise(&out[OPERATIONS], SC_OP_ELEMENTWISE, SC_EXPR_TANH);
}

static device_fixture f; /* its log stays to be read */

static void announce(operation *list) {
    SC_TRUE(sc_announce_begin(f.device));
    for (int k = 0; k < OPERATIONS; k++) sc_announce(f.device, &list[k].desc, NULL);
    sc_announce_end(f.device);
}

/* One life of a process: the results of four operations from the first on. */
static void run_from(int first, float result[OPERATIONS][FLOATS], bool announced) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    operation all[ONE_MORE], *list = all + first;
    make_operations(all);
    device_open(&f, "opencl:0", &options);
    if (announced) announce(list);
    for (int k = 0; k < OPERATIONS; k++) {
        float in[FLOATS];
        sc_kernel *kernel;
        device_fill(in, FLOATS, 1);
        memset(result[k], 0, sizeof result[k]);
        void *data[2] = {in, result[k]};
        SC_OK(&f.env, sc_prepare(&kernel, f.device, &list[k].desc, NULL));
        device_run(&f, kernel, &list[k].desc, data, &(sc_launch){.rows = 1});
        sc_kernel_release(kernel);
    }
    device_close(&f);
}

static void run_all(float result[OPERATIONS][FLOATS], bool announced) {
    run_from(0, result, announced);
}

/* How many files there are of a kind; `last`: one of their names without the suffix. */
static int files_of(const sc_temp *temp, const char *suffix, char last[SC_HASH_TEXT]) {
    DIR *folder = opendir(temp->path);
    struct dirent *entry;
    int files = 0;
    while (folder && (entry = readdir(folder))) {
        const char *dot = strchr(entry->d_name, '.');
        if (!dot || strcmp(dot, suffix) != 0) continue;
        snprintf(last, SC_HASH_TEXT, "%.*s", (int)(dot - entry->d_name), entry->d_name);
        files++;
    }
    if (folder) closedir(folder);
    return files;
}

static int files_in(const sc_temp *temp) {
    char last[SC_HASH_TEXT];
    return files_of(temp, ".bin", last);
}

static void begin(sc_temp *temp) {
    sc_temp_make(temp);
    setenv("SOCLE_CACHE", "force", 1);
    setenv("SOCLE_CACHE_DIR", temp->path, 1);
}

/* What is on disk by itself is not built again; else texts become one program. */
Test(announce, texts_become_one_program_with_the_same_results) {
    static float apart[OPERATIONS][FLOATS], together[OPERATIONS][FLOATS];
    sc_temp temp;
    begin(&temp);
    run_all(apart, false);
    SC_EQ(files_in(&temp), OPERATIONS);
    run_all(together, true);
    SC_EQ(files_in(&temp), OPERATIONS);
    SC_EQ(memcmp(apart, together, sizeof apart), 0);
    sc_temp_remove(&temp);
    begin(&temp);
    run_all(together, true);
    SC_EQ(files_in(&temp), 1);
    for (int k = 0; k < OPERATIONS; k++) {
        SC_REPRO("operation %d", k);
        SC_TRUE(apart[k][0] != 0);
        SC_EQ(memcmp(apart[k], together[k], sizeof apart[k]), 0);
    }
    run_all(together, true); /* the next start finds that one */
    SC_EQ(files_in(&temp), 1);
    SC_EQ(memcmp(apart, together, sizeof apart), 0);
    sc_temp_remove(&temp);
}

/* Another network with the same texts but one. */
Test(announce, texts_of_an_earlier_group_are_not_built_again) {
    static float apart[OPERATIONS][FLOATS], together[OPERATIONS][FLOATS];
    char last[SC_HASH_TEXT];
    sc_temp temp;
    begin(&temp);
    run_all(together, true);
    SC_EQ(files_of(&temp, ".bin", last), 1);
    SC_EQ(files_of(&temp, ".cl", last), 1);
    SC_EQ(files_of(&temp, ".unit", last), OPERATIONS);
    run_from(1, together, true);
    SC_EQ(files_of(&temp, ".bin", last), 2); /* the new one is by itself */
    SC_EQ(files_of(&temp, ".cl", last), 1);
    sc_temp_remove(&temp);
    setenv("SOCLE_CACHE", "0", 1);
    run_from(1, apart, false);
    SC_EQ(memcmp(apart, together, sizeof apart), 0);
}

static void put_sealed(sc_temp *temp, const char *key, const char *suffix, const char *magic,
                       const char *payload) {
    unsigned char data[4096];
    char name[64];
    size_t size = strlen(payload);
    sc_sealed_head(data, magic, key, payload, size);
    memcpy(data + SC_SEALED_HEAD, payload, size);
    snprintf(name, sizeof name, "%s%s", key, suffix);
    sc_temp_put(temp, name, data, SC_SEALED_HEAD + size);
}

/* Files whose seal is whole and which are wrong: a text is taken only from a group that has it. */
Test(announce, a_group_without_the_text_is_not_believed) {
    static float right[OPERATIONS][FLOATS], result[OPERATIONS][FLOATS];
    static const char *const names[] = {"0123456789abcdef0123456789abcdef",
                                        "0123456789abcdef0123456789abcde/",
                                        "0123456789abcdef0123456789abcdef0", "short"};
    char text[SC_HASH_TEXT], group[SC_HASH_TEXT];
    sc_temp temp;
    begin(&temp);
    run_all(right, true);
    SC_TRUE(files_of(&temp, ".unit", text) == OPERATIONS);
    SC_TRUE(files_of(&temp, ".cl", group) == 1);
    put_sealed(&temp, names[0], ".cl", "SOCLEG1\n",
               "kernel void another(global int *x) { *x = 1; }\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SC_REPRO("a text's group is %s", names[i]);
        put_sealed(&temp, text, ".unit", "SOCLEU1\n", names[i]);
        run_all(result, true);
        SC_EQ(memcmp(right, result, sizeof right), 0);
    }
    put_sealed(&temp, text, ".unit", "SOCLEU1\n", group);
    put_sealed(&temp, group, ".cl", "SOCLEG1\n", "no program");
    run_all(result, true);
    SC_EQ(memcmp(right, result, sizeof right), 0);
    sc_temp_remove(&temp);
}

static socle_status prepare_broken(sc_kernel **out, sc_device *device,
                                   const sc_implementation *implementation, const sc_op_desc *desc,
                                   const int *tuning) {
    const sc_ocl_program *program;
    const size_t local = 1;
    sc_ocl_kernel kernel;
    (void)out, (void)implementation, (void)desc, (void)tuning;
    SC_TRY(sc_ocl_program_get(&program, sc_ocl_device_of(device),
                              "kernel void broken(no_such_type x) {}\n", NULL, NULL));
    return sc_ocl_kernel_create(&kernel, sc_ocl_device_of(device), program, "broken", 1, &local,
                                false);
}

Test(announce, a_text_that_does_not_build_is_told_by_its_name) {
    static const sc_implementation broken = {
        .op = SC_OP_SLICE, .name = "broken", .prepare = prepare_broken};
    const sc_implementation *first = &broken;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    operation list[ONE_MORE];
    int apart = 0, named = 0;
    setenv("SOCLE_CACHE", "0", 1); /* nothing is there but what is built */
    make_operations(list);
    device_open(&f, "opencl:0", &options);
    device_put_first(&f, 1, &first, f.device->implementations);
    announce(list);
    for (int k = 0; k < OPERATIONS; k++) {
        sc_kernel *kernel;
        SC_OK(&f.env, sc_prepare(&kernel, f.device, &list[k].desc, NULL));
        sc_kernel_release(kernel);
    }
    for (int i = 0; i < f.log.count; i++) {
        apart += f.log.level[i] == SOCLE_LOG_DEBUG &&
                 strstr(f.log.text[i], "each is built by itself") != NULL;
        named += f.log.level[i] == SOCLE_LOG_WARNING &&
                 strstr(f.log.text[i], "slice broken") != NULL &&
                 strstr(f.log.text[i], "trying the next") != NULL;
    }
    SC_EQ(apart, 1);
    SC_EQ(named, 1);
    device_close(&f);
}

/* Announced and never prepared, or announced wrongly: nothing is left and nothing is told. */
Test(announce, a_hint_obliges_to_nothing) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    operation list[ONE_MORE];
    make_operations(list);
    device_open(&f, "opencl:0", &options);
    int lines = f.log.count; /* about the device */
    list[0].desc.inputs = 0;
    list[3].desc.tensor[1].dim[0] = FLOATS + 1;
    SC_TRUE(sc_announce_begin(f.device));
    sc_announce(f.device, &list[0].desc, NULL);
    sc_announce(f.device, &list[3].desc, NULL);
    sc_announce(f.device, &list[1].desc, "no such implementation");
    sc_announce(f.device, &list[2].desc, NULL);
    sc_announce_end(f.device);
    SC_TRUE(sc_announce_begin(f.device));
    sc_announce_end(f.device);
    SC_EQ(f.log.count, lines);
    device_close(&f);
}

Test(announce, devices_that_build_nothing_say_so) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    device_open(&f, "cpu", &options);
    SC_TRUE(!sc_announce_begin(f.device));
    device_close(&f);
}

Test(announce, names_of_a_unit_get_their_own_beginning) {
    static const struct {
        const char *text, *unit;
    } cases[] = {
        {"static int sc_x; /* kernel void sc_y */ SC_Z(0x1sc_f)",
         "static int u01234567_x;   U01234567_Z(0x1sc_f)"},
        {"kernel void f(global int *sc_a) { g(f); } // kernel void\nvoid h(void);",
         "kernel void k01234567_f(global int *u01234567_a) { g(f); }  \nvoid h(void);"},
        {"kernel __attribute__((reqd_work_group_size(1, 1, 1))) void\nf(void x)",
         "kernel __attribute__((reqd_work_group_size(1, 1, 1))) void\nk01234567_f(void x)"},
        {"_Pragma(\"sc_a // b\") JOIN(SC_A_, 8) SC_ a.sc_b",
         "_Pragma(\"sc_a // b\") JOIN(U01234567_A_, 8) SC_ a.u01234567_b"},
        {"/* no end", " "},
        {"\"no end", "\"no end"},
        {"//", " "},
        {"/", "/"},
        {"", ""},
    };
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sc_text source, unit;
        char expected[256];
        SC_REPRO("%s", cases[i].text);
        sc_text_init(&source, &env);
        sc_text_init(&unit, &env);
        sc_text_add(&source, "%s", cases[i].text);
        sc_ocl_unit_add(&unit, &source, "0123456789abcdef");
        SC_OK(&env, unit.status);
        snprintf(expected, sizeof expected, "#pragma OPENCL FP_CONTRACT ON\n%s\n", cases[i].unit);
        SC_EQ_STR(unit.data, expected);
        sc_text_free(&unit);
        sc_text_free(&source);
    }
}
