/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of training share: a device by name, the golden data set and networks, an engine
 * with given weights. */
#ifndef SC_TEST_TRAIN_FIXTURE_H
#define SC_TEST_TRAIN_FIXTURE_H

#include "sc_test.h"

#include "backend/registry.h"
#include "data/idx.h"
#include "train/fit.h"

#include <jansson.h>

typedef struct fixture {
    sc_env env;
    sc_registry registry;
    sc_device *device;
    sc_dataset *data;
    sc_net *net;
} fixture;

/* Opens `device` ("cpu", "opencl:0"), with `threads` on the cpu (0 = all). A device that is not
 * there skips the test with the reason. */
void fixture_open(fixture *f, const char *device, int threads);
void fixture_open_timed(fixture *f, const char *device); /* its queues record times */
void fixture_close(fixture *f);
/* f->data: 320 images of 12x12; f->net: "mlp", "cnn", "rnn" as in tests/golden, "dropout" (the mlp
 * with a dropout layer), "wide" (convolutions of 16, 32, 32, 16 and 12 filters) or "deep" (twenty
 * layers of 64 units, one with batch normalisation in groups of 2 and one with dropout, between one
 * of one unit and the output). */
void fixture_golden(fixture *f, const char *network);
/* Samples `index` of f->data, inputs and labels, in a new data set; with a weight for each (NULL:
 * none). The caller destroys. */
sc_dataset *fixture_rows(fixture *f, const int *index, int count, const float *weight);
/* f->net of examples/<name>.yaml, f->data: noise in its shape, with labels. What was there before
 * goes. */
enum { FIXTURE_EXAMPLE_SAMPLES = 96 };
void fixture_example(fixture *f, const char *name);
/* Writes tests/golden/<network>.safetensors over the engine's weights. */
void fixture_weights(fixture *f, sc_engine *engine, const char *network);
/* The expected values of tests/golden/expected.json; the caller decrefs. */
json_t *fixture_expected(void);
sc_optimizer fixture_optimizer(const char *word, float rate, float momentum);
/* sgd with momentum, seed 3, samples in their order. */
sc_fit_options fixture_ordered(int64_t batch, int64_t epochs);
/* Takes one step of `rows` samples from sample `first` on, staged from host memory, in `parts`
 * micro-batches. Returns the mean loss. */
float fixture_step(fixture *f, sc_engine *engine, uint32_t step, int64_t first, int64_t rows,
                   int parts, float rate);
/* All parameters and statistics, one after the other; the caller frees. */
float *fixture_parameters(fixture *f, sc_engine *engine, size_t *count);

#define FIXTURE_OK(expression)                                                                     \
    do {                                                                                           \
        socle_status sc_status = (expression);                                                     \
        if (sc_status != SOCLE_OK)                                                                 \
            SC_TEST_FAIL("%s: status %d, %s", #expression, (int)sc_status, fixture_text());        \
    } while (0)
const char *fixture_text(void); /* error text of the fixture opened last */

#endif
