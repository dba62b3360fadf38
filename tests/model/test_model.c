/* SPDX-License-Identifier: Apache-2.0 */
/* Model files: what is saved comes back, from the file alone; equal runs give equal bytes; plain
 * weights load too. */
#include "model_files.h"

#include "base/file.h"

Test(model, comes_back_from_the_file_alone) {
    sc_env env;
    sc_temp temp;
    values saved, loaded = {0};
    char *before, *after;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    values_net(&saved, &env, MODEL_YAML);
    const char *path = sc_temp_file(&temp, "model.safetensors");
    SC_OK(&env, sc_model_save(&env, path, saved.net, (const float *const *)saved.of));
    SC_EQ(sc_temp_count(&temp), 1);
    SC_OK(&env, sc_model_load_net(&loaded.net, &env, path));
    SC_OK(&env, sc_model_load_parameters(&env, path, loaded.net, NULL, values_take, &loaded));
    SC_OK(&env, sc_net_text(&before, saved.net));
    SC_OK(&env, sc_net_text(&after, loaded.net));
    SC_EQ_STR(after, before);
    SC_EQ_STR(loaded.net->loss[0].kind->record.word, "softmax_cross_entropy");
    for (int p = 0; p < (int)saved.net->parameters; p++)
        SC_EQ_MEMORY(loaded.of[p], saved.of[p], values_count(saved.net, p) * sizeof(float));
    sc_release(&env, before);
    sc_release(&env, after);
    values_free(&saved);
    values_free(&loaded);
    sc_temp_remove(&temp);
}

Test(model, holds_what_its_header_says) {
    static const char *const names[] = {
        "conv2d1.weight",          "conv2d1.bias",           "batchnorm1.weight", "batchnorm1.bias",
        "batchnorm1.running_mean", "batchnorm1.running_var", "dense1.weight",     "dense1.bias"};
    sc_env env;
    sc_temp temp;
    values saved;
    sc_safetensors *file;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    values_net(&saved, &env, MODEL_YAML);
    const char *path = sc_temp_file(&temp, "model.safetensors");
    SC_OK(&env, sc_model_save(&env, path, saved.net, (const float *const *)saved.of));
    SC_OK(&env, sc_safetensors_open(&file, &env, path));
    SC_EQ(sc_safetensors_count(file), sizeof names / sizeof names[0]);
    for (size_t i = 0; i < sc_safetensors_count(file); i++)
        SC_EQ_STR(sc_safetensors_at(file, i)->name, names[i]);
    SC_EQ(sc_safetensors_metadata_count(file), 3);
    SC_EQ_STR(sc_safetensors_metadata(file, "format"), "socle");
    SC_EQ_STR(sc_safetensors_metadata(file, "version"), "1");
    SC_CONTAINS(sc_safetensors_metadata(file, "network"),
                "{\"conv2d\": {\"name\": \"conv2d1\", \"filters\": 4,");
    sc_safetensors_close(file);
    values_free(&saved);
    sc_temp_remove(&temp);
}

Test(model, equal_networks_give_equal_bytes) {
    sc_env env;
    sc_temp temp;
    char *data[2];
    size_t size[2];
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    for (int run = 0; run < 2; run++) {
        values saved;
        values_net(&saved, &env,
                   run ? MODEL_YAML
                       : "network:\n"
                         "  - conv2d: {kernel: [3, 3], padding: valid, filters: 4, name: conv2d1}\n"
                         "  - batchnorm: {momentum: 0.9}\n"
                         "  - activation: relu\n"
                         "  - global_avgpool: {from: relu1}\n"
                         "  - dense: {units: 3, bias: true}\n"
                         "loss: softmax_cross_entropy\n");
        const char *path = sc_temp_file(&temp, run ? "b" : "a");
        SC_OK(&env, sc_model_save(&env, path, saved.net, (const float *const *)saved.of));
        SC_OK(&env, sc_file_read(&env, &data[run], &size[run], path, 1 << 20));
        values_free(&saved);
    }
    SC_EQ(size[1], size[0]);
    SC_EQ_MEMORY(data[1], data[0], size[0]);
    sc_release(&env, data[0]);
    sc_release(&env, data[1]);
    sc_temp_remove(&temp);
}

Test(model, golden_weights_without_metadata) {
    static const char *const names[] = {"mlp", "cnn"};
    static const socle_shape golden = {3, {1, 12, 12}};
    for (int i = 0; i < 2; i++) {
        sc_env env;
        char path[512];
        sc_config *config;
        values loaded = {0};
        sc_env_init(&env, NULL, NULL);
        snprintf(path, sizeof path, "%s/tests/golden/%s.yaml", SC_SOURCE_DIR, names[i]);
        SC_OK(&env, sc_config_load(&config, &env, path));
        SC_OK(&env, sc_net_create(&loaded.net, &env));
        sc_net_input(loaded.net, SC_INPUT_NAME, SOCLE_U8, &golden, 1.0f / 255.0f);
        SC_OK(&env, sc_net_read(loaded.net, config, sc_config_find(config, "network")));
        snprintf(path, sizeof path, "%s/tests/golden/%s.safetensors", SC_SOURCE_DIR, names[i]);
        SC_OK(&env, sc_model_load_parameters(&env, path, loaded.net, NULL, values_take, &loaded));
        for (int p = 0; p < (int)loaded.net->parameters; p++) {
            double most = 0;
            for (size_t k = 0; k < values_count(loaded.net, p); k++)
                most = fmax(most, fabs((double)loaded.of[p][k]));
            SC_TRUE(most > 1e-3 && most < 2); /* drawn from there by make_golden.py */
        }
        SC_FAILS(&env, sc_model_load_net(&(sc_net *){NULL}, &env, path), SOCLE_STATUS_DATA);
        SC_CONTAINS(env.text, "holds weights, but not the network");
        values_free(&loaded);
        sc_config_destroy(config);
    }
}

Test(model, tensors_with_a_slash_are_passed_over) {
    sc_env env;
    sc_temp temp;
    values saved, loaded = {0};
    char *text;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    values_net(&saved, &env, MODEL_YAML);
    SC_OK(&env, sc_net_text(&text, saved.net));
    const char *path = sc_temp_file(&temp, "checkpoint.safetensors");
    const forged forged = {"socle", "1",   text,  -1,
                           NULL,    false, false, "first_moment/dense1.weight"};
    write_forged(&env, path, &saved, &forged);
    SC_OK(&env, sc_model_load_net(&loaded.net, &env, path));
    SC_OK(&env, sc_model_load_parameters(&env, path, loaded.net, NULL, values_take, &loaded));
    SC_EQ_MEMORY(loaded.of[7], saved.of[7], 3 * sizeof(float));
    sc_release(&env, text);
    values_free(&saved);
    values_free(&loaded);
    sc_temp_remove(&temp);
}

static socle_status fail_at_third(void *user, int parameter, const float *data) {
    (void)data;
    return parameter < 2 ? SOCLE_OK : sc_fail(user, SOCLE_STATUS_DEVICE, "gone");
}

Test(model, failure_of_take_is_passed_on) {
    sc_env env;
    sc_temp temp;
    values saved;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    values_net(&saved, &env, MODEL_YAML);
    const char *path = sc_temp_file(&temp, "model.safetensors");
    SC_OK(&env, sc_model_save(&env, path, saved.net, (const float *const *)saved.of));
    SC_FAILS(&env, sc_model_load_parameters(&env, path, saved.net, NULL, fail_at_third, &env),
             SOCLE_STATUS_DEVICE);
    SC_EQ_STR(env.text, "gone");
    values_free(&saved);
    sc_temp_remove(&temp);
}

static socle_status ignore(void *user, int parameter, const float *data) {
    (void)user, (void)parameter, (void)data;
    return SOCLE_OK;
}

static socle_status save_and_load(sc_env *env, void *argument) {
    static const socle_shape image = {3, {1, 8, 8}};
    static const float numbers[4 * 64];
    const float *parameter[MOST_PARAMETERS];
    sc_net *net, *again;
    for (int p = 0; p < MOST_PARAMETERS; p++) parameter[p] = numbers;
    SC_TRY(net_from_yaml(&net, env, &image, MODEL_YAML));
    socle_status status = sc_model_save(env, argument, net, parameter);
    sc_net_destroy(net);
    SC_TRY(status);
    SC_TRY(sc_model_load_net(&again, env, argument));
    status = sc_model_load_parameters(env, argument, again, NULL, ignore, NULL);
    sc_net_destroy(again);
    return status;
}

Test(model, memory_refused) {
    sc_temp temp;
    sc_temp_make(&temp);
    sc_test_each_allocation(save_and_load, (void *)sc_temp_file(&temp, "model.safetensors"));
    SC_EQ(sc_temp_count(&temp), 1);
    sc_temp_remove(&temp);
}
