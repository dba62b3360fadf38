/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: what they keep, and wrong sizes, types and shapes. */
#include "api_test.h"

#include <limits.h>

API_TEST(api_tensor, begins_as_zeros_and_keeps_what_is_written) {
    socle_context *context = api_open(device);
    const int value[6] = {1, -2, 3, INT_MAX, INT_MIN, 0};
    int got[6];
    const unsigned char byte = 200;
    unsigned char got_byte = 1;
    socle_tensor *tensor = api_tensor(context, SOCLE_I32, SOCLE_SHAPE(2, 3));
    API_OK(context, socle_tensor_read(tensor, got, sizeof got));
    for (int i = 0; i < 6; i++) SC_EQ(got[i], 0);
    API_OK(context, socle_tensor_write(tensor, value, sizeof value));
    API_OK(context, socle_tensor_read(tensor, got, sizeof got));
    SC_EQ_MEMORY(got, value, sizeof value);
    SC_EQ(socle_tensor_bytes(tensor), 24);
    SC_EQ(socle_tensor_dtype(tensor), SOCLE_I32);
    SC_EQ(socle_tensor_shape(tensor).rank, 2);
    SC_EQ(socle_tensor_shape(tensor).size[1], 3);
    socle_tensor_destroy(tensor);
    tensor = api_tensor(context, SOCLE_U8, (socle_shape){0}); /* one element */
    SC_EQ(socle_tensor_bytes(tensor), 1);
    API_OK(context, socle_tensor_write(tensor, &byte, 1));
    API_OK(context, socle_tensor_read(tensor, &got_byte, 1));
    SC_EQ(got_byte, 200);
    socle_tensor_destroy(tensor);
    socle_close(context);
}

Test(api_tensor, wrong_arguments) {
    socle_context *context = api_open("cpu");
    socle_tensor *tensor = (void *)1;
    float data[4] = {0};
    SC_EQ(socle_tensor_create(NULL, context, SOCLE_F32, SOCLE_SHAPE(2)),
          SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_tensor_create(&tensor, NULL, SOCLE_F32, SOCLE_SHAPE(2)),
          SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(tensor == NULL);
    const struct {
        int dtype;
        socle_shape shape;
        socle_status status;
        const char *text;
    } bad[] = {
        {7, SOCLE_SHAPE(2), SOCLE_STATUS_INVALID_ARGUMENT, "7 is not an element type"},
        {-1, SOCLE_SHAPE(2), SOCLE_STATUS_INVALID_ARGUMENT, "element type"},
        {SOCLE_F32, SOCLE_SHAPE(2, 0), SOCLE_STATUS_SHAPE, "dimension 1 has size 0"},
        {SOCLE_F32, SOCLE_SHAPE(-5), SOCLE_STATUS_SHAPE, "size -5"},
        {SOCLE_F32, {.rank = 7}, SOCLE_STATUS_SHAPE, "not 7"},
        {SOCLE_F32, {.rank = -1}, SOCLE_STATUS_SHAPE, "not -1"},
        {SOCLE_U8, SOCLE_SHAPE(65536, 65536), SOCLE_STATUS_SHAPE, "2^31"},
        {SOCLE_U8, SOCLE_SHAPE(INT64_MAX, INT64_MAX), SOCLE_STATUS_SHAPE, "2^31"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SC_REPRO("case %zu", i);
        API_FAILS(context,
                  socle_tensor_create(&tensor, context, (socle_dtype)bad[i].dtype, bad[i].shape),
                  bad[i].status, bad[i].text);
        SC_TRUE(tensor == NULL);
    }
    tensor = api_tensor(context, SOCLE_F32, SOCLE_SHAPE(4));
    API_FAILS(context, socle_tensor_write(tensor, data, 12), SOCLE_STATUS_INVALID_ARGUMENT,
              "12 bytes given; the tensor, f32[4], has 16");
    API_FAILS(context, socle_tensor_read(tensor, data, SIZE_MAX), SOCLE_STATUS_INVALID_ARGUMENT,
              "has 16");
    API_FAILS(context, socle_tensor_write(tensor, NULL, 16), SOCLE_STATUS_INVALID_ARGUMENT,
              "data is NULL");
    API_FAILS(context, socle_tensor_read(tensor, NULL, 16), SOCLE_STATUS_INVALID_ARGUMENT,
              "data is NULL");
    SC_EQ(socle_tensor_write(NULL, data, 16), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_tensor_read(NULL, data, 16), SOCLE_STATUS_INVALID_ARGUMENT);
    SC_EQ(socle_tensor_bytes(NULL), 0);
    SC_EQ(socle_tensor_shape(NULL).rank, 0);
    SC_EQ(socle_tensor_dtype(NULL), SOCLE_F32);
    socle_tensor_destroy(tensor);
    socle_close(context);
}

SC_OPENCL_BODIES(api_tensor)
