/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of several networks, phases and losses: each phase moves its own networks along its own
 * gradient, all from the same weights; losses add up; a run goes on after a stop and on several
 * devices to the same bytes; and what cannot be is refused with its place. */
#include "tool.h"

#include <math.h>

static const char gan[] =
    "data: {train: {images: train-images, labels: train-labels}}\n"
    "networks:\n"
    "  generator: [{noise: 8}, {dense: 16}, leaky_relu, {dense: 64}, sigmoid,\n"
    "              {reshape: [1, 8, 8]}]\n"
    "  discriminator: [flatten, {dense: 16}, leaky_relu, {dropout: 0.2}, {dense: 1}]\n"
    "phases:\n"
    "  - trains: discriminator\n"
    "    losses:\n"
    "      - {loss: bce, of: discriminator(input), target: 1}\n"
    "      - {loss: bce, of: discriminator(generator), target: 0}\n"
    "  - trains: generator\n"
    "    losses: [{loss: bce, of: discriminator(generator), target: 1}]\n"
    "optimizer: {adam: {lr: 0.002, beta1: 0.5}}\n"
    "train:\n"
    "  epochs: 3\n"
    "  batch: 16\n"
    "  seed: 7\n"
    "  groups: [{parameters: generator, optimizer: {sgd: {lr: 0.05, momentum: 0.5}}}]\n";

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
    tool_put_text("gan.yaml", gan);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_program, .init = begin, .fini = end);

static bool same_tensor(const char *a, const char *b, const char *name) {
    size_t size[2];
    char *of_a = tool_tensor(a, name, &size[0]), *of_b = tool_tensor(b, name, &size[1]);
    SC_EQ(size[0], size[1]);
    bool same = memcmp(of_a, of_b, size[0]) == 0;
    free(of_a);
    free(of_b);
    return same;
}

static const char *const critic[] = {"discriminator.dense1.weight", "discriminator.dense1.bias",
                                     "discriminator.dense2.weight", "discriminator.dense2.bias"};
static const char *const maker[] = {"generator.dense1.weight", "generator.dense1.bias",
                                    "generator.dense2.weight", "generator.dense2.bias"};

/* What is trained with one network frozen and the losses of the other's phase alone is what the
 * phase does in the same step: neither sees what the other one has moved. */
Test(tool_program, phases_are_simultaneous) {
    tool_expect(0, NULL, "train gan.yaml -o begin --epochs 0");
    tool_expect(0, NULL, "train gan.yaml -o both --set train.steps=1 --set train.groups=[]");
    char *text = tool_get("gan.yaml", NULL), *phases = strstr(text, "phases:");
    char *optimizer = strstr(text, "optimizer:");
    char one[2048];
    snprintf(one, sizeof one,
             "%.*slosses:\n"
             "  - {loss: bce, of: discriminator(input), target: 1}\n"
             "  - {loss: bce, of: discriminator(generator), target: 0}\n%s",
             (int)(phases - text), text, optimizer);
    tool_put_text("critic.yaml", one);
    snprintf(one, sizeof one,
             "%.*slosses:\n"
             "  - {loss: bce, of: discriminator(input), target: 1, weight: 0}\n"
             "  - {loss: bce, of: discriminator(generator), target: 1}\n%s",
             (int)(phases - text), text, optimizer);
    tool_put_text("maker.yaml", one);
    free(text);
    tool_expect(0, NULL,
                "train critic.yaml -o critic --set train.steps=1 --set "
                "'train.groups=[{parameters: generator, frozen: true}]'");
    tool_expect(0, NULL,
                "train maker.yaml -o maker --set train.steps=1 --set "
                "'train.groups=[{parameters: discriminator, frozen: true}]'");
    for (int i = 0; i < 4; i++) {
        SC_TRUE(same_tensor("both/model.safetensors", "critic/model.safetensors", critic[i]));
        SC_TRUE(same_tensor("both/model.safetensors", "maker/model.safetensors", maker[i]));
        SC_TRUE(!same_tensor("both/model.safetensors", "begin/model.safetensors", critic[i]));
        SC_TRUE(!same_tensor("both/model.safetensors", "begin/model.safetensors", maker[i]));
    }
}

/* What a run has measured in its last epoch, but for its speed. */
static json_t *last_row(const char *folder) {
    char name[64];
    snprintf(name, sizeof name, "%s/metrics.jsonl", folder);
    char *text = tool_get(name, NULL);
    json_t *rows = tool_json_lines(text),
           *row = json_incref(json_array_get(rows, json_array_size(rows) - 1));
    json_object_del(row, "samples_per_second");
    json_decref(rows);
    free(text);
    return row;
}

/* A stop at any step; adam and sgd, each with its own states. */
Test(tool_program, stops_and_goes_on) {
    tool_expect(0, NULL, "train gan.yaml -o whole");
    tool_expect(0, NULL, "train gan.yaml -o part --set train.steps=21");
    tool_expect(0, NULL, "train --resume part --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
    tool_expect(0, NULL, "train gan.yaml -o late --set train.steps=41"); /* of 48, in the last epoch
                                                                          */
    tool_expect(0, NULL, "train --resume late --set train.steps=0");
    json_t *whole = last_row("whole"), *late = last_row("late");
    SC_TRUE(json_is_real(json_object_get(whole, "generator_loss")));
    SC_TRUE(json_equal(whole, late));
    json_decref(whole);
    json_decref(late);
}

Test(tool_program, on_two_devices) {
    tool_expect(0, NULL, "train gan.yaml -o one --reproducible --device cpu");
    tool_expect(0, NULL, "train gan.yaml -o two --reproducible --device cpu,cpu");
    SC_TRUE(tool_same("one/model.safetensors", "two/model.safetensors"));
}

static double number_of(const json_t *event, const char *key) {
    const json_t *value = json_object_get(event, key);
    SC_TRUE(json_is_number(value));
    return json_number_value(value);
}

/* The loss of each phase under its name, in events and in the record of the run; their sum is the
 * loss. */
Test(tool_program, every_phase_shows_its_loss) {
    tool_result result = tool_run("train gan.yaml -o run --json --epochs 1 --set train.validation="
                                  "0.25");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *epoch = tool_event(lines, "epoch");
    double critic_loss = number_of(epoch, "discriminator_loss"),
           maker_loss = number_of(epoch, "generator_loss");
    SC_TRUE(critic_loss > 0.5 && maker_loss > 0.2);
    SC_TRUE(fabs(critic_loss + maker_loss - number_of(epoch, "loss")) < 1e-5);
    SC_TRUE(number_of(epoch, "val_generator_loss") > 0.2);
    char *table = tool_get("run/metrics.csv", NULL);
    SC_CONTAINS(table, "epoch,loss,discriminator_loss,generator_loss,val_loss");
    free(table);
    json_decref(lines);
    tool_free(&result);
}

/* One loss of weight 1 on what the network gives is the plain one, to the byte; two halves of it
 * have the same gradient, to the bit. */
Test(tool_program, losses_add_up) {
    static const char half[] = "{loss: softmax_cross_entropy, weight: 0.5}";
    char *text = tool_get("tool.yaml", NULL), *loss = strstr(text, "loss:");
    char several[2048];
    snprintf(several, sizeof several, "%.*slosses: [softmax]%s", (int)(loss - text), text,
             strchr(loss, '\n'));
    tool_put_text("several.yaml", several);
    free(text);
    tool_expect(0, NULL, "train tool.yaml -o plain");
    tool_expect(2, "losses[0]: must be a mapping", "train several.yaml -o bad");
    tool_expect(0, NULL,
                "train several.yaml -o one --set 'losses=[{loss: softmax_cross_entropy}]'");
    SC_TRUE(tool_same("one/model.safetensors", "plain/model.safetensors"));
    tool_expect(0, NULL, "train several.yaml -o halves --set 'losses=[%s, %s]'", half, half);
    SC_TRUE(same_tensor("halves/model.safetensors", "plain/model.safetensors", "dense1.weight"));
    SC_TRUE(same_tensor("halves/model.safetensors", "plain/model.safetensors", "dense2.bias"));
    tool_expect(0, NULL, "train several.yaml -o part --set train.steps=17 --set 'losses=[%s, %s]'",
                half, half);
    tool_expect(0, NULL, "train --resume part --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "halves/model.safetensors"));
    tool_expect(0, NULL, "eval -m halves/model.safetensors --data tool.yaml --min-accuracy 0.9");
    tool_expect(0, NULL,
                "train several.yaml -o mixed --set 'losses=[{loss: softmax_cross_entropy},"
                " {loss: mse, of: dense1, target: 0, weight: 0.01}]'");
    SC_TRUE(!same_tensor("mixed/model.safetensors", "plain/model.safetensors", "dense1.weight"));
}

/* A network may read another one; it is made before it. */
Test(tool_program, networks_read_networks) {
    tool_put_text("code.yaml",
                  "data: {train: {images: train-images, labels: train-labels}}\n"
                  "networks:\n"
                  "  decoder: [{dense: {units: 64, from: encoder}}, {reshape: [1, 8, 8]}]\n"
                  "  encoder: [flatten, {dense: 6}, {expr: {formula: x1 + x2, from: [dense1, "
                  "dense1]}}]\n"
                  "losses: [{loss: mse, of: decoder, target: 0.5}]\n"
                  "train: {epochs: 1, batch: 16}\n");
    tool_expect(0, NULL, "train code.yaml -o code");
    tool_expect(0, NULL, "inspect code/model.safetensors");
    tool_expect(2,
                "code.yaml:4: networks.encoder: networks read each other in a circle: encoder "
                "-> decoder -> encoder",
                "train code.yaml -o bad --set 'networks.encoder[0]={flatten: {from: decoder}}' "
                "--set 'losses[0].of=encoder'");
}

/* A layer of a network that nothing has asked for yet, and phases in either order. */
Test(tool_program, order_means_nothing) {
    static const char head[] = "data: {train: {images: train-images, labels: train-labels}}\n"
                               "networks: {enc: [flatten, {dense: 6}, relu, {dense: 4}], "
                               "b: [flatten, {dense: 3}], c: [{dense: 2}]}\n",
                      layer[] = "losses: [{loss: mse, of: enc.dense1, target: 0}, "
                                "{loss: mse, of: c(b), target: 0}]\n",
                      one[] = "{trains: c, losses: [{loss: mse, of: c(b), target: 0}]}",
                      two[] = "{trains: [enc, b], losses: [{loss: cross_entropy, of: enc}]}";
    char text[1024];
    snprintf(text, sizeof text, "%s%s", head, layer);
    tool_put_text("layer.yaml", text);
    tool_expect(0, NULL, "train layer.yaml -o layer");
    for (int turn = 0; turn < 2; turn++) {
        snprintf(text, sizeof text, "%sphases: [%s, %s]\n", head, turn ? one : two,
                 turn ? two : one);
        tool_put_text("phases.yaml", text);
        tool_expect(2, "no loss of the phase 'enc' reaches the network 'b', which it trains",
                    "train phases.yaml -o bad");
    }
}

Test(tool_program, what_cannot_be) {
    static const struct {
        const char *text, *set;
    } cases[] = {
        {"phases[0].trains: unknown network 'discriminato'; did you mean 'discriminator'?",
         "phases[0].trains=discriminato"},
        {"phases[1].losses[0].of: unknown network, layer or input 'generater'; did you mean "
         "'generator'?",
         "phases[1].losses[0].of=discriminator(generater)"},
        {"phases[1].losses[0].of: must be a name, or a network applied to one, as in "
         "discriminator(generator); column 15 is neither",
         "phases[1].losses[0].of=discriminator("},
        {"phases[1].losses[0]: this loss reaches no parameter that the phase 'generator' trains",
         "phases[1].losses[0].of=discriminator(input)"},
        {"phases[1]: the network 'discriminator' is trained by the phase 'discriminator' already",
         "phases[1]={name: again, trains: [discriminator, generator], losses: [{loss: bce, of: "
         "discriminator(generator), target: 1}]}"},
        {"'val_loss' is what the loss on other data is called", "phases[1].name=val"},
        {"is what the loss on other data is called", "phases[1].name=val_discriminator"},
        {"phases[1]: two phases are called 'discriminator'", "phases[1].name=discriminator"},
        {"train.groups: every parameter is frozen",
         "train.groups=[{parameters: \"*\", frozen: true}]"},
        {"generator.dense1.weight is in train.groups[0] already; a parameter has one optimizer",
         "train.groups=[{parameters: generator, optimizer: adam}, {parameters: \"*.weight\", "
         "optimizer: sgd}]"},
        {"networks.third: no loss reads this network", "networks.third=[{dense: 3}]"},
        {"networks.discriminator: the network 'discriminator' is applied to u8[N,1,8,8] and to "
         "f32[N,64]",
         "networks.generator[5]=relu"},
        {"binary_cross_entropy: compares with numbers of 0 to 1, and the target is 2",
         "phases[0].losses[0].target=2"},
        {"phases[0].losses[0].target: must be a number", "phases[0].losses[0].target=real"},
        {"softmax_cross_entropy: compares with the class numbers of the data, and takes no target",
         "phases[0].losses[0].loss=softmax_cross_entropy"},
        {"networks.generator[0].noise: generator.noise1: noise reads nothing: leave out 'from'",
         "networks.generator[0]={noise: {units: 3, from: input}}"},
        {"generator.reshape1: a sample of its input", "networks.generator[5]={reshape: [1, 8, 9]}"},
        {"phases: stands in the place of `loss`", "loss=mse"},
        {"networks: stands in the place of `network`", "network=[relu]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SC_REPRO("%s", cases[i].set);
        tool_expect(2, cases[i].text, "train gan.yaml -o bad --set '%s'", cases[i].set);
    }
    SC_TRUE(!tool_exists("bad"));
    tool_result result =
        tool_run("train gan.yaml -o more --epochs 1 --set 'networks.shown=[{expr: 1 - x}]' --set "
                 "'phases[1].losses[0].of=discriminator(shown(generator))'");
    SC_EQ(result.code, 0);
    SC_TRUE(strstr(result.err, "no phase trains") == NULL); /* there are no weights to train */
    tool_free(&result);
    tool_expect(0, "no phase trains the network 'generator': its weights stay as they begin",
                "train gan.yaml -o half --epochs 1 --set train.groups=[] --set "
                "'phases=[{trains: discriminator, losses: [{loss: bce, of: "
                "discriminator(generator), target: 0}]}]'");
}

/* The width and height that a PNG file says. */
static void png_size(const char *name, unsigned size[2]) {
    size_t bytes;
    unsigned char *data = (unsigned char *)tool_get(name, &bytes);
    SC_TRUE(bytes > 33 && memcmp(data, "\x89PNG", 4) == 0);
    for (int i = 0; i < 2; i++) {
        const unsigned char *at = data + 16 + 4 * i;
        size[i] = (unsigned)at[0] << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3];
    }
    free(data);
}

/* A grid after each epoch, the same after a stop; another run in the directory has its own. */
Test(tool_program, pictures_of_every_epoch) {
    unsigned size[2];
    tool_expect(0, NULL, "train gan.yaml -o whole --set train.pictures=10 --set train.batch=6");
    png_size("whole/pictures-0003.png", size);
    SC_EQ(size[0], 4 * 10 - 2);
    SC_EQ(size[1], 3 * 10 - 2);
    SC_TRUE(!tool_same("whole/pictures-0001.png", "whole/pictures-0003.png"));
    tool_expect(0, NULL,
                "train gan.yaml -o part --set train.pictures=10 --set train.batch=6 "
                "--set train.steps=60");
    tool_expect(0, NULL, "train --resume part --set train.steps=0");
    SC_TRUE(tool_same("part/pictures-0001.png", "whole/pictures-0001.png"));
    SC_TRUE(tool_same("part/pictures-0003.png", "whole/pictures-0003.png"));
    tool_expect(0, NULL, "generate -m whole/model.safetensors -o again.png --count 10 --seed 7");
    SC_TRUE(tool_same("again.png", "whole/pictures-0003.png"));
    tool_expect(0, NULL, "train gan.yaml -o part --overwrite --epochs 1");
    SC_TRUE(!tool_exists("part/pictures-0003.png"));
    tool_expect(0, NULL, "train gan.yaml -o plain --set train.batch=6");
    SC_TRUE(tool_same("plain/model.safetensors", "whole/model.safetensors"));
    tool_expect(2, "train.pictures: shows what a network makes itself",
                "train tool.yaml -o bad --set train.pictures=4");
    tool_expect(2, "train.pictures: a picture shows images [N,1,H,W] or [N,3,H,W]",
                "train gan.yaml -o bad --set train.pictures=4 --set "
                "'networks.generator[5]={reshape: [64, 1, 1]}' --set "
                "'phases=[{trains: [discriminator, generator], losses: [{loss: bce, of: "
                "discriminator(generator), target: 0}]}]'");
}

/* Equal seeds give equal samples, whatever the portions, and a larger count the same first ones. */
Test(tool_program, generates_samples) {
    size_t few, many;
    tool_expect(0, NULL, "train gan.yaml -o run");
    tool_expect(0, NULL, "generate -m run/model.safetensors -o a.safetensors --count 20 -b 7");
    tool_expect(0, NULL, "generate -m run/model.safetensors -o b.safetensors --count 5 --seed 1");
    tool_expect(0, NULL, "generate -m run/model.safetensors -o c.safetensors --count 5 --seed 2");
    char *a = tool_tensor("a.safetensors", "samples", &many),
         *b = tool_tensor("b.safetensors", "samples", &few),
         *c = tool_tensor("c.safetensors", "samples", &few);
    SC_EQ(many, 4 * few);
    SC_EQ(few, 5 * 64 * sizeof(float));
    SC_EQ(memcmp(a, b, few), 0);
    SC_TRUE(memcmp(b, c, few) != 0);
    SC_TRUE(memcmp(a, a + few / 5, few / 5) != 0);
    free(a), free(b), free(c);
    tool_expect(0, NULL, "generate -m run/model.safetensors -o a.idx --count 20");
    tool_expect(0, NULL, "inspect a.idx");
    tool_result result =
        tool_run("predict -m run/model.safetensors --network discriminator --input a.idx");
    SC_EQ(result.code, 0);
    int lines = 0;
    for (char *line = strtok(result.out, "\n"); line; line = strtok(NULL, "\n"), lines++)
        SC_TRUE(strtod(line, NULL) >= 0 && strtod(line, NULL) <= 1);
    SC_EQ(lines, 20);
    tool_free(&result);
    tool_expect(2, "a.idx is there already", "generate -m run/model.safetensors -o a.idx");
    tool_expect(0, NULL, "generate -m run/model.safetensors -o a.idx --overwrite --count 3");
    tool_expect(2, "the ending says what is written", "generate -m run/model.safetensors -o a.gif");
    tool_expect(2, "which model", "generate -o x.png");
    tool_expect(2, "into which file", "generate -m run/model.safetensors");
    tool_expect(2, "makes no samples itself",
                "generate -m run/model.safetensors -o x.png --network discriminator");
    tool_expect(2, "the model has no network 'critic'; known: discriminator, generator",
                "predict -m run/model.safetensors --network critic --input a.idx");
    tool_expect(3, "nosuch", "generate -m nosuch -o x.png");
    SC_TRUE(!tool_exists("x.png"));
}

/* Activations that are made again for both phases give the same bits; half precision trains. */
Test(tool_program, fits_less_memory) {
    static const char layers[] =
        "--set 'networks.generator=[{noise: 16}, {dense: 16}, relu, {reshape: [1, 4, 4]}, "
        "{upsample: 2}, {conv2d: {filters: 64, kernel: 3, padding: same}}, relu, {conv2d: "
        "{filters: 64, kernel: 1}}, relu, {conv2d: {filters: 64, kernel: 1}}, relu, {conv2d: "
        "{filters: 1, kernel: 3, padding: same}}, sigmoid]' --set 'networks.discriminator="
        "[{conv2d: {filters: 64, kernel: 3, padding: same}}, leaky_relu, {conv2d: {filters: 64, "
        "kernel: 1}}, leaky_relu, {conv2d: {filters: 64, kernel: 1}}, leaky_relu, {conv2d: "
        "{filters: 8, kernel: 3, padding: same}}, leaky_relu, flatten, {dense: 1}]' --set "
        "train.batch=1 --set train.steps=5";
    tool_expect(0, NULL, "train gan.yaml -o much %s", layers);
    tool_expect(0, "activations are made again in the backward pass",
                "train gan.yaml -o little --memory 1020K %s", layers);
    SC_TRUE(tool_same("little/model.safetensors", "much/model.safetensors"));
    tool_expect(0, NULL, "train gan.yaml -o half --set train.precision=mixed");
    tool_expect(0, NULL, "train gan.yaml -o whole");
    SC_TRUE(!tool_same("half/model.safetensors", "whole/model.safetensors"));
}

/* Running statistics are those of the first application, whatever the others see. */
Test(tool_program, statistics_follow_the_first_application) {
#define CRITIC "discriminator: [flatten, {dense: 16}, batchnorm, leaky_relu, {dense: 1}]"
#define STEP " --set train.steps=1 --set train.groups=[] --set 'networks={"
    static const char maker[] =
        CRITIC ", generator: [{noise: 8}, {dense: 64}, {reshape: [1, 8, 8]}]}'";
    tool_expect(0, NULL, "train gan.yaml -o both" STEP "%s", maker);
    tool_expect(0, NULL,
                "train gan.yaml -o first" STEP CRITIC
                "}' --set 'phases=[{trains: discriminator, losses: [{loss: bce, of: "
                "discriminator(input), target: 1}]}]'");
    tool_expect(0, NULL,
                "train gan.yaml -o other" STEP
                "%s --set 'phases=[{trains: discriminator, losses: [{loss: bce, of: "
                "discriminator(generator), target: 1}]}]'",
                maker);
    static const char mean[] = "discriminator.batchnorm1.running_mean";
    SC_TRUE(same_tensor("both/model.safetensors", "first/model.safetensors", mean));
    SC_TRUE(!same_tensor("both/model.safetensors", "other/model.safetensors", mean));
}
