/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any bytes as a safetensors file. What opens must be readable from end to end. */
#include "io/safetensors.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sc_env env;
    sc_safetensors *file;
    sc_env_init(&env, NULL, NULL);
    if (sc_safetensors_open_memory(&file, &env, "fuzz", data, size) != SOCLE_OK) {
        if (env.text[0] == '\0' || (env.status != SOCLE_STATUS_DATA)) abort();
        return 0;
    }
    size_t sum = 0;
    for (size_t i = 0; i < sc_safetensors_count(file); i++) {
        const sc_safetensors_tensor *tensor = sc_safetensors_at(file, i);
        unsigned char *bytes = malloc(tensor->bytes + 1);
        if (sc_safetensors_read(file, tensor, bytes, tensor->bytes) != SOCLE_OK) abort();
        if (sc_safetensors_find(file, tensor->name) != tensor) abort();
        sum += tensor->bytes;
        free(bytes);
    }
    if (sum > size) abort();
    const char *key, *value;
    for (size_t i = 0; i < sc_safetensors_metadata_count(file); i++) {
        sc_safetensors_metadata_at(file, i, &key, &value);
        if (sc_safetensors_metadata(file, key) != value) abort();
    }
    sc_safetensors_close(file);
    return 0;
}
