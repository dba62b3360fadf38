/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products on a device beside OpenBLAS on the same cores, alternating within one run: what
 * counts is the ratio.
 *   bench_matmul [device] [implementation] [repeats] */
#include "backend/registry.h"
#include "base/thread_pool.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct shape {
    int64_t m, n, k;
    bool ta, tb;
    const char *what;
} shape;

static const shape shapes[] = {
    {512, 512, 512, false, false, "square"},       {1024, 1024, 1024, false, false, "square"},
    {2048, 2048, 2048, false, false, "square"},    {128, 128, 3136, false, true, "dense forward"},
    {128, 3136, 128, true, false, "dense weight"}, {128, 3136, 128, false, false, "dense input"},
    {128, 256, 784, false, true, "mlp forward"},   {128, 10, 128, false, true, "classes"}};

typedef struct bench {
    sc_env env;
    sc_device *device;
    sc_queue *queue;
    sc_kernel *kernel;
    sc_buffer *buffer[3], *workspace;
    float *a, *b, *c;
    double best_device, best_blas; /* seconds */
} bench;

static void check(bench *bench, socle_status status) {
    if (status == SOCLE_OK) return;
    fprintf(stderr, "bench_matmul: %s\n", bench->env.text);
    exit(1);
}

static void prepare(bench *t, const shape *s, const char *force) {
    sc_op_desc desc = {
        .op = SC_OP_MATMUL, .inputs = 2, .outputs = 1, .attr.matmul = {s->ta, s->tb}};
    int64_t a[2] = {s->ta ? s->k : s->m, s->ta ? s->m : s->k},
            b[2] = {s->tb ? s->n : s->k, s->tb ? s->k : s->n};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, false, 2, a);
    desc.tensor[1] = sc_tensor_make(SOCLE_F32, false, 2, b);
    check(t, sc_op_infer(&t->env, &desc));
    check(t, sc_prepare(&t->kernel, t->device, &desc, force));
    float **host[3] = {&t->a, &t->b, &t->c};
    for (int i = 0; i < 3; i++) {
        size_t bytes = sc_tensor_bytes(&desc.tensor[i]);
        *host[i] = malloc(bytes);
        for (size_t e = 0; e < bytes / sizeof(float); e++)
            (*host[i])[e] = (float)(rand() % 17 - 8) / 8.0f;
        check(t, sc_buffer_create(&t->buffer[i], t->device, SC_BUFFER_DEVICE, bytes));
        check(t, sc_queue_write(t->queue, (sc_operand){t->buffer[i], 0}, *host[i], bytes));
    }
    if (t->kernel->workspace)
        check(t,
              sc_buffer_create(&t->workspace, t->device, SC_BUFFER_DEVICE, t->kernel->workspace));
    check(t, sc_queue_finish(t->queue));
}

static double run_device(bench *t, int calls) {
    sc_operand operands[3] = {{t->buffer[0], 0}, {t->buffer[1], 0}, {t->buffer[2], 0}};
    uint64_t begin = sc_now_ns();
    for (int i = 0; i < calls; i++)
        check(t, sc_kernel_enqueue(t->kernel, t->queue, operands, (sc_operand){t->workspace, 0},
                                   &(sc_launch){.rows = 1}));
    check(t, sc_queue_finish(t->queue));
    return (double)(sc_now_ns() - begin) * 1e-9 / calls;
}

static double run_blas(bench *t, const shape *s, int calls) {
    uint64_t begin = sc_now_ns();
    for (int i = 0; i < calls; i++)
        cblas_sgemm(CblasRowMajor, s->ta ? CblasTrans : CblasNoTrans,
                    s->tb ? CblasTrans : CblasNoTrans, (int)s->m, (int)s->n, (int)s->k, 1.0f, t->a,
                    (int)(s->ta ? s->m : s->k), t->b, (int)(s->tb ? s->k : s->n), 0.0f, t->c,
                    (int)s->n);
    return (double)(sc_now_ns() - begin) * 1e-9 / calls;
}

static void compare(bench *t, const shape *s, const char *force, int repeats) {
    prepare(t, s, force);
    double operations = 2.0 * (double)s->m * (double)s->n * (double)s->k;
    int calls = (int)(2e9 / operations) + 1;
    t->best_device = t->best_blas = 1e9;
    for (int r = 0; r < repeats; r++) {
        double device = run_device(t, calls), blas = run_blas(t, s, calls);
        if (device < t->best_device) t->best_device = device;
        if (blas < t->best_blas) t->best_blas = blas;
    }
    printf("{\"what\": \"%s\", \"m\": %lld, \"n\": %lld, \"k\": %lld, \"implementation\": \"%s\", "
           "\"device_gflops\": %.1f, "
           "\"openblas_gflops\": %.1f, \"ratio\": %.3f}\n",
           s->what, (long long)s->m, (long long)s->n, (long long)s->k, sc_kernel_name(t->kernel),
           operations / t->best_device * 1e-9, operations / t->best_blas * 1e-9,
           t->best_blas / t->best_device);
    fflush(stdout);
    sc_kernel_release(t->kernel);
    for (int i = 0; i < 3; i++) sc_buffer_destroy(t->buffer[i]);
    sc_buffer_destroy(t->workspace);
    t->workspace = NULL;
    free(t->a);
    free(t->b);
    free(t->c);
}

int main(int argc, char **argv) {
    bench t = {0};
    sc_registry registry;
    sc_device_choice *choices;
    int count;
    sc_env_init(&t.env, NULL, NULL);
    check(&t, sc_registry_create(&registry, &t.env));
    check(&t,
          sc_registry_select(&registry, &t.env, argc > 1 ? argv[1] : "opencl:0", &choices, &count));
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    check(&t, sc_registry_open(&t.device, &registry, &t.env, &choices[0], &options));
    check(&t, sc_queue_open(&t.queue, t.device));
    fprintf(stderr, "%s, %s\n", t.device->info.name, t.device->info.driver_version);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        compare(&t, &shapes[i], argc > 2 && argv[2][0] ? argv[2] : NULL,
                argc > 3 ? atoi(argv[3]) : 9);
    sc_queue_close(t.queue);
    sc_device_close(t.device);
    sc_release(&t.env, choices);
    sc_registry_free(&registry, &t.env);
    return 0;
}
