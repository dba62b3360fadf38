/* SPDX-License-Identifier: Apache-2.0 */
/* The generator of examples/fashion-gan.yaml has learnt what clothes look like: a classifier that
 * was trained on the real pictures sees most of the ten kinds among a thousand generated ones.
 * Needs the data of Debian's dataset-fashion-mnist. */
#include "tool.h"

enum { KINDS = 10, COUNT = 1000, ENOUGH = 20, WANTED = 7 };

Test(tool_gan, generates_most_kinds) {
    sc_temp temp;
    int sure[KINDS] = {0}, lines = 0, kinds = 0;
    if (access("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", R_OK) != 0)
        cr_skip_test("dataset-fashion-mnist is not installed");
    tool_begin(&temp, false);
    tool_expect(0, NULL, "train %s/examples/fashion-cnn.yaml -o classifier --epochs 2 --device cpu",
                SC_SOURCE_DIR);
    tool_expect(0, NULL, "train %s/examples/fashion-gan.yaml -o gan --device cpu", SC_SOURCE_DIR);
    SC_TRUE(tool_exists("gan/pictures-0003.png"));
    tool_expect(0, NULL, "generate -m gan/model.safetensors --count %d -o generated.idx", COUNT);
    tool_result result = tool_run("predict -m classifier/model.safetensors --input generated.idx");
    SC_EQ(result.code, 0);
    for (char *line = strtok(result.out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        int kind;
        double confidence;
        SC_EQ(sscanf(line, "%d %lf", &kind, &confidence), 2);
        SC_TRUE(kind >= 0 && kind < KINDS);
        sure[kind] += confidence >= 0.9;
    }
    SC_EQ(lines, COUNT);
    for (int k = 0; k < KINDS; k++) kinds += sure[k] >= ENOUGH;
    SC_REPRO("sure of %d %d %d %d %d %d %d %d %d %d", sure[0], sure[1], sure[2], sure[3], sure[4],
             sure[5], sure[6], sure[7], sure[8], sure[9]);
    SC_TRUE(kinds >= WANTED);
    tool_free(&result);
    tool_end(&temp);
}
