/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a CSV file, from cells to samples: what is learnt of it can be written, read again
 * and applied to the same rows, and gives finite numbers. The first byte says what is wished. */
#include "fuzz.h"

#include "data/preparation.h"

#include <math.h>

static const socle_status bad[] = {SOCLE_STATUS_DATA, SOCLE_STATUS_SHAPE, SOCLE_STATUS_OK};

static void check_samples(const sc_dataset *dataset, const sc_frame *frame, size_t width) {
    const sc_column *input = sc_dataset_column(dataset, sc_dataset_find(dataset, "input"));
    FUZZ_REQUIRE(sc_dataset_count(dataset) == (int64_t)frame->rows);
    FUZZ_REQUIRE(sc_column_elements(input) == (int64_t)width);
    for (size_t i = 0; i < width * frame->rows; i++)
        FUZZ_REQUIRE(isfinite(sc_column_value(input, (int64_t)i)));
}

static void learn(sc_env *env, const sc_frame *frame, unsigned wish) {
    const char *target = sc_frame_name(frame, frame->columns - 1);
    const sc_prepare_options options = {.targets = {&target, wish & 1},
                                        .scale = sc_field_scales[(wish >> 1) % 3].word,
                                        .missing = sc_field_missing[(wish >> 3) % 5].word,
                                        .split.fraction = wish & 64 && frame->rows > 1 ? 0.5 : 0};
    sc_preparation preparation, again;
    sc_dataset *dataset;
    char *text;
    socle_status status = sc_preparation_fit(&preparation, frame, &options);
    if (status != SOCLE_OK) {
        fuzz_failed_well(env, status, bad);
        return;
    }
    FUZZ_REQUIRE(sc_preparation_text(&text, &preparation) == SOCLE_OK);
    status = sc_preparation_read(&again, env, "fuzz", text);
    if (status != SOCLE_OK) fuzz_fail(__FILE__, __LINE__, env->text);
    status = sc_preparation_apply(&dataset, &again, frame, wish & 1);
    if (status == SOCLE_OK)
        check_samples(dataset, frame, sc_preparation_width(&preparation));
    else
        fuzz_failed_well(env, status, bad);
    sc_dataset_destroy(dataset);
    sc_preparation_free(&again);
    sc_preparation_free(&preparation);
    sc_release(env, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char separators[] = {0, 0, ';', ' '};
    sc_env env;
    sc_frame frame;
    if (!size) return 0;
    const sc_frame_format format = {.separator = separators[data[0] % 4],
                                    .decimal = data[0] & 32 ? ',' : '.'};
    sc_env_init(&env, NULL, NULL);
    socle_status status = sc_frame_parse_csv(&frame, &env, "fuzz", data + 1, size - 1, &format);
    if (status != SOCLE_OK) {
        fuzz_failed_well(&env, status, bad);
        return 0;
    }
    for (size_t r = 0; r < frame.rows; r++)
        for (size_t c = 0; c < frame.columns; c++)
            FUZZ_REQUIRE(strlen(sc_frame_cell(&frame, r, c)) < size);
    learn(&env, &frame, data[0]);
    sc_frame_free(&frame);
    return 0;
}
