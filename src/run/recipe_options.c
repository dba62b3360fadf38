/* SPDX-License-Identifier: Apache-2.0 */
/* What a whole configuration may say: one table, from which come reading, the resolved
 * configuration, the identity of a run, help, the reference and the schema. Layers, losses, metrics
 * and optimizers have tables of their own (src/nn), inputs theirs (model/net_config.h). */
#include "model/net_config.h"
#include "nn/metric.h"
#include "run/recipe_private.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(field) offsetof(sc_recipe, field)
#define ELSEWHERE SC_OPTION_ELSEWHERE

static const sc_word layouts[] = {{"nchw", "[count, channels, height, width]", NULL},
                                  {"nhwc", "[count, height, width, channels]", NULL},
                                  {0}};
static const sc_word flips[] = {{"horizontal", "left and right change places", NULL}, {0}};

static const sc_word precisions[] = {
    {"f32", "as they are computed with", "fp32 float32"},
    {"f16", "IEEE half precision, with gradients scaled as far as it goes",
     "mixed fp16 float16 half"},
    {"bf16", "bfloat16: the range of f32 with 8 bits of precision, which needs no scaling",
     "bfloat16"},
    {0}};

static const sc_word reproducibles[] = {
    {"false", "the same bytes on one device alone", NULL},
    {"true", "the same bytes on 1, 2 or 3 devices of one kind", NULL},
    {"portable", "the same bytes on every device that can, and on any mixture of them", NULL},
    {0}};

static const sc_option files_options[] = {
    {"train", SC_OPTION_SECTION, ELSEWHERE, "the training data", .required = true,
     .record = &sc_recipe_part_record, .example = "{images: a, labels: b}"},
    {"validation", SC_OPTION_SECTION, ELSEWHERE,
     "data that are measured after each epoch, in the place of train.validation",
     .record = &sc_recipe_part_record, .example = "{images: a, labels: b}"},
    {"test", SC_OPTION_SECTION, ELSEWHERE, "data that are never trained on",
     .record = &sc_recipe_part_record, .example = "{images: a, labels: b}"},
    {"scale", SC_OPTION_DOUBLE, offsetof(sc_recipe_files, scale),
     "what input values are multiplied by", -1e30, 1e30, .standard = "1/255 for bytes, else 1",
     .example = "0.00392156862745098"},
    {"layout", SC_OPTION_WORD, offsetof(sc_recipe_files, layout),
     "where the channels of images of four dimensions lie",
     .standard = "channels first; asked where they look last", .words = layouts, .example = "nhwc"},
};
const sc_record sc_recipe_files_record = {
    .word = "data",
    .help = "The files to learn from.",
    .options = files_options,
    .count = COUNT(files_options),
    .standard = &(const sc_recipe_files){.scale = NAN},
    .size = sizeof(sc_recipe_files),
};

static const sc_recipe standard = {.fit = {SC_FIT_STANDARD},
                                   .precision = "f32",
                                   .reproducible = "false",
                                   .checkpoint = {.minutes = 10, .epoch_seconds = 5, .keep = 1}};

static const sc_option checkpoint_options[] = {
    {"steps", SC_OPTION_LONG, AT(checkpoint.steps), "after every so many steps; 0: not by steps", 0,
     INT32_MAX, .shorthand = true, .example = "500", .unit = "steps"},
    {"minutes", SC_OPTION_DOUBLE, AT(checkpoint.minutes),
     "so long after the last one; 0: not by time", 0, 1e6, .example = "2.5", .unit = "minutes"},
    {"epoch_seconds", SC_OPTION_DOUBLE, AT(checkpoint.epoch_seconds),
     "after an epoch, if the last one is at least so old", 0, 60e6,
     .standard = "5; 0 where steps, minutes or keep is given", .example = "60", .unit = "seconds"},
    {"keep", SC_OPTION_LONG, AT(checkpoint.keep), "how many stay, the newest among them", 1, 10000,
     .example = "3"},
};
static const sc_record checkpoint_record = {
    .word = "train.checkpoint",
    .help =
        "A checkpoint is written at the start, after an epoch, on a stop and at the end; these add "
        "more. A `SIGKILL` costs what was "
        "done since the last one: of epochs that take less than five seconds, up to five seconds.",
    .options = checkpoint_options,
    .count = COUNT(checkpoint_options),
    .standard = &standard,
};

static const sc_option augment_options[] = {
    {"shift", SC_OPTION_INTEGER, AT(fit.augment.shift),
     "move each image by up to so many pixels, which is a random crop of the image with as many of "
     "0 "
     "around it",
     0, SC_AUGMENT_SHIFT_MOST, .example = "2", .unit = "pixels", .aliases = "crop random_crop"},
    {"flip", SC_OPTION_WORD, AT(flip), "mirror every second image", .standard = "no mirroring",
     .words = flips, .example = "horizontal"},
    {"erase", SC_OPTION_DOUBLE, AT(fit.augment.erase),
     "the share of images of which a rectangle becomes 0: of 0.02 to 0.33 of the image, 0.3 to 3.3 "
     "times as high as wide (Zhong et al. 2020, torchvision RandomErasing)",
     0, 1, .example = "0.5", .aliases = "random_erasing"},
    {"cutout", SC_OPTION_INTEGER, AT(fit.augment.cutout),
     "the side of a square that becomes 0 in each image, around any of its pixels (DeVries and "
     "Taylor 2017)",
     0, SC_AUGMENT_SHIFT_MOST, .example = "8", .unit = "pixels"},
};
static const sc_record augment_record = {
    .word = "train.augment",
    .help = "Images varied anew in each epoch.",
    .options = augment_options,
    .count = COUNT(augment_options),
    .standard = &standard,
};

static const sc_word samplings[] = {
    {"once", "each sample once in an epoch, in another order each time",
     "without_replacement shuffle"},
    {"in_order", "each once, as the file has them", "sequential"},
    {"replacement", "as many as there are, each drawn from all: some come twice, some not at all",
     "with_replacement bootstrap"},
    {0}};

static const sc_option penalty_options[] = {
    {"l1", SC_OPTION_DOUBLE, AT(fit.penalty.l1),
     "times the sum of the absolute values; weights become exactly 0", 0, 1e6, .example = "0.001"},
    {"l2", SC_OPTION_DOUBLE, AT(fit.penalty.l2),
     "times the sum of the squares, whose slope is 2 * l2 * w", 0, 1e6, .example = "0.001"},
    {"biases", SC_OPTION_BOOL, AT(fit.penalty.biases),
     "of biases and scales too, not of weights alone", .example = "true"},
};
static const sc_record penalty_record = {
    .word = "train.penalty",
    .help = "What is added to the mean loss of a step for large weights: `l1` * sum |w| (lasso), "
            "`l2` * sum w^2 (ridge), or both (elastic net). It is shown apart from the loss. Its "
            "slope is part of the gradient, before clipping and for every optimizer; "
            "`weight_decay` "
            "is what an optimizer itself does to weights: decay * w in the gradient (half of what "
            "`l2` of the same size gives), or past it as in adamw. Zeros of `l1` are exact: a "
            "weight that is about to change its sign stops at 0, and leaves it where the gradient "
            "outweighs `l1` (OWL-QN, Andrew and Gao 2007; with plain sgd the proximal step).",
    .options = penalty_options,
    .count = COUNT(penalty_options),
    .standard = &standard,
};

static const sc_option clip_options[] = {
    {"norm", SC_OPTION_FLOAT, AT(fit.clip_norm),
     "most of the norm of all gradients together, which keep their direction; 0: no limit", 0, 1e30,
     .shorthand = true, .example = "1.0", .aliases = "clip_norm max_norm clipnorm"},
    {"value", SC_OPTION_FLOAT, AT(fit.clip_value),
     "most of each number of a gradient, above 0 and below; 0: no limit", 0, 1e30, .example = "0.5",
     .aliases = "clip_value clipvalue"},
};
static const sc_record clip_record = {
    .word = "train.clip",
    .help = "Limits of the gradient of a step, before weight decay and the optimizer: first of its "
            "norm (Pascanu et al. 2013), then of each number.",
    .options = clip_options,
    .count = COUNT(clip_options),
    .standard = &standard,
};

static const sc_option adversarial_options[] = {
    {"epsilon", SC_OPTION_FLOAT, AT(fit.adversarial),
     "how far each number of the first input is moved, where the network sees pixels from 0 to 1; "
     "0: not at all",
     0, 1e6, .shorthand = true, .example = "0.1", .aliases = "eps"},
    {"share", SC_OPTION_FLOAT, AT(fit.adversarial_share),
     "of the loss that is of moved samples; the rest is of the samples as they are", 0, 1,
     .example = "0.5"},
};
static const sc_record adversarial_record = {
    .word = "train.adversarial",
    .help =
        "Adversarial training (Goodfellow et al. 2015): each step also sees its samples moved by "
        "`epsilon` in the direction in which their loss grows, and makes both losses small. A "
        "step takes about three times as long. socle adversarial measures what it brings.",
    .options = adversarial_options,
    .count = COUNT(adversarial_options),
    .standard = &standard,
};

static const sc_option early_stopping_options[] = {
    {"patience", SC_OPTION_LONG, AT(fit.patience),
     "the run ends when so many epochs have brought nothing better; 0: it does not", 0, INT32_MAX,
     .required = true, .shorthand = true, .example = "5", .unit = "epochs"},
    {"gain", SC_OPTION_DOUBLE, AT(fit.least_gain), "how much better something better is at least",
     0, 1e30, .example = "0.001", .aliases = "min_delta"},
};
static const sc_record early_stopping_record = {
    .word = "train.early_stopping",
    .help =
        "The run ends before its epochs are done where the validation no longer gets better: in "
        "what `train.best` names (of equal accuracies the lower loss is better), by at least "
        "`gain`. The model is that of the best epoch, as always.",
    .options = early_stopping_options,
    .count = COUNT(early_stopping_options),
    .standard = &standard,
};

static const sc_option init_options[] = {
    {"file", SC_OPTION_PATH, AT(init_file), "a safetensors file", .required = true,
     .shorthand = true, .example = "weights.safetensors"},
    {"rename", SC_OPTION_MAP, ELSEWHERE,
     "what tensors of the file are called here; --rename adds to it",
     .standard = "the file's names", .example = "{features.0.*: conv2d1.*}"},
    {"partial", SC_OPTION_BOOL, AT(init.partial),
     "take what fits; parameters without a tensor keep their first values, tensors without a "
     "parameter are passed over",
     .example = "true"},
    {"preparation", SC_OPTION_BOOL, AT(init_preparation),
     "rows of a table, pictures and texts become samples as for the model in the file, and nothing "
     "is learnt of columns, classes or words anew; the file must stay",
     .example = "true"},
};
static const sc_record init_record = {
    .word = "train.init_from",
    .help = "Weights from a file of this program or another: see [weights.md](weights.md). A run "
            "that is resumed has its own.",
    .options = init_options,
    .count = COUNT(init_options),
    .standard = &standard,
};

static const sc_option train_options[] = {
    {"epochs", SC_OPTION_LONG, AT(fit.epochs), "passes over the training data", 0, INT32_MAX,
     .example = "5", .aliases = "num_epochs max_epochs"},
    {"batch", SC_OPTION_LONG, AT(fit.batch), "samples that make one step", 1, INT32_MAX,
     .example = "128", .unit = "samples", .aliases = "batch_size", .identity = SC_RUN_SAMPLES},
    {"micro_batch", SC_OPTION_LONG, AT(fit.micro_batch),
     "samples at a time on a device; divides the batch; 0: as many as fit", 0, INT32_MAX,
     .example = "8", .unit = "samples", .aliases = "micro_batch_size", .identity = SC_RUN_ROUNDING},
    {"steps", SC_OPTION_LONG, AT(fit.steps), "end after so many steps; 0: when the epochs are done",
     0, INT32_MAX, .example = "1000", .unit = "steps", .aliases = "max_steps"},
    {"seed", SC_OPTION_LONG, AT(fit.seed), "where all random numbers come from", 0, 0x1p63,
     .example = "42", .aliases = "random_seed", .identity = SC_RUN_SAMPLES},
    {"shuffle", SC_OPTION_BOOL, AT(fit.shuffle), "another order of the samples in each epoch",
     .example = "false", .identity = SC_RUN_SAMPLES},
    {"sampling", SC_OPTION_WORD, AT(sampling), "how an epoch comes to its samples",
     .standard = "once, or in_order where `shuffle` is false", .words = samplings,
     .example = "replacement", .identity = SC_RUN_SAMPLES},
    {"validation", SC_OPTION_DOUBLE, AT(fit.validation),
     "the part of the training data that is set aside and measured after each epoch", 0, 1,
     .below = true, .example = "0.1", .aliases = "validation_split", .identity = SC_RUN_SAMPLES},
    {"fold", SC_OPTION_LONG, AT(fit.fold),
     "which of the parts of that size is set aside, from 1; socle cross-validate goes through all",
     1, INT32_MAX, .example = "1", .identity = SC_RUN_SAMPLES},
    {"window", SC_OPTION_LONG, AT(window),
     "each epoch shuffles samples within windows of so many, as they lie in the files, and windows "
     "among each other; 0: all together, or 10000 where data.train is streamed",
     0, UINT32_MAX, .example = "10000", .unit = "samples", .aliases = "shuffle_buffer",
     .identity = SC_RUN_SAMPLES},
    {"stratify", SC_OPTION_BOOL, AT(fit.stratify),
     "each class has its share of the part that is set aside", .example = "true",
     .aliases = "stratified", .identity = SC_RUN_SAMPLES},
    {"best", SC_OPTION_NAME, AT(fit.best),
     "what of the validation says which epoch is best: loss, or a metric that is measured",
     .standard = "the accuracy, where the loss has one, else the loss", .example = "loss",
     .identity = SC_RUN_SCORES},
    {"average", SC_OPTION_FLOAT, AT(fit.average),
     "judge, save and predict with averages of the weights over the steps: how much of its average "
     "a weight's step keeps; 0: with the weights themselves",
     0, 1, .below = true, .example = "0.999", .aliases = "ema ema_decay",
     .identity = SC_RUN_SCORES},
    {"early_stopping", SC_OPTION_SECTION, 0,
     "the run ends when the validation no longer gets better", .record = &early_stopping_record,
     .example = "5", .aliases = "early_stop"},
    {"schedule", SC_OPTION_KIND, AT(fit.schedule),
     "how the learning rate changes in the course of the run", .standard = "constant",
     .family = &sc_schedule_family, .example = "{cosine: {warmup: 1}}",
     .aliases = "lr_schedule lr_scheduler scheduler"},
    {"weight_decay", SC_OPTION_FLOAT, AT(fit.weight_decay),
     "the L2 penalty on weights, not on biases", 0, 1e6, .example = "0.0001"},
    {"penalty", SC_OPTION_SECTION, 0, "what is added to the loss for large weights",
     .standard = "nothing", .record = &penalty_record, .example = "{l1: 0.001, l2: 0.001}",
     .aliases = "regularization regularizer regularisation"},
    {"clip", SC_OPTION_SECTION, 0, "limits of the gradient of a step", .record = &clip_record,
     .example = "1.0", .aliases = "gradient_clip clip_gradients"},
    {"adversarial", SC_OPTION_SECTION, 0, "samples that are moved against the network",
     .standard = "none", .record = &adversarial_record, .example = "0.1"},
    {"precision", SC_OPTION_WORD, AT(precision),
     "how activations and their gradients are stored; weights, sums and losses are f32",
     .words = precisions, .example = "f16", .identity = SC_RUN_ROUNDING},
    {"drop_short", SC_OPTION_BOOL, AT(fit.drop_short),
     "leave out the last batch of an epoch where it is not full", .example = "true",
     .aliases = "drop_last", .identity = SC_RUN_SAMPLES},
    {"reproducible", SC_OPTION_WORD, AT(reproducible), "where else a run gives the same bytes",
     .words = reproducibles, .example = "portable", .identity = SC_RUN_ROUNDING},
    {"augment", SC_OPTION_SECTION, 0, "images varied anew in each epoch", .record = &augment_record,
     .example = "{shift: 2, flip: horizontal}", .identity = SC_RUN_SAMPLES},
    {"pictures", SC_OPTION_LONG, AT(fit.pictures),
     "write so many images that the network makes itself into one picture after each epoch; 0: "
     "none",
     0, 4096, .example = "64", .unit = "images"},
    {"groups", SC_OPTION_LIST, ELSEWHERE,
     "parameters that are moved in another way than the others, or not at all",
     .standard = "all are moved alike", .record = &sc_recipe_group_record,
     .example = "[{parameters: conv2d1, frozen: true}]"},
    {"init_from", SC_OPTION_SECTION, 0, "the weights to begin with", .standard = "from the seed",
     .record = &init_record, .example = "weights.safetensors"},
    {"checkpoint", SC_OPTION_SECTION, 0, "when the run saves its state", .standard = "see there",
     .record = &checkpoint_record, .example = "500"},
};
const sc_record sc_recipe_train_record = {
    .word = "train",
    .help = "How long and in what portions.",
    .options = train_options,
    .count = COUNT(train_options),
    .standard = &standard,
};

static const sc_option root_options[] = {
    {"data", SC_OPTION_SECTION, ELSEWHERE, "the files to learn from", .required = true,
     .record = &sc_recipe_files_record, .example = "{train: {images: a, labels: b}}"},
    {"inputs", SC_OPTION_LIST, ELSEWHERE,
     "the inputs of the network, where they shall not follow from the data",
     .standard = "from the data", .record = &sc_net_input_record,
     .example = "[{shape: [1, 28, 28], dtype: u8, scale: 0.004}]"},
    {"network", SC_OPTION_LIST, ELSEWHERE, "the layers, each reading the one before it",
     .required = true, .unless = "networks", .least = 1, .family = &sc_layer_family,
     .example = "[flatten, {dense: 10}]"},
    {"networks", SC_OPTION_MAP, ELSEWHERE,
     "several networks by name, each with its layers; the first layer, and whoever names `input`, "
     "reads what the network is applied to",
     .standard = "one network", .family = &sc_layer_family,
     .example = "{generator: [{noise: 64}, {dense: 784}], discriminator: [flatten, {dense: 1}]}"},
    {"loss", SC_OPTION_KIND, ELSEWHERE, "what training makes small", .required = true,
     .unless = "losses phases", .family = &sc_loss_family, .example = "mean_squared_error"},
    {"losses", SC_OPTION_LIST, ELSEWHERE, "several losses, which are added up",
     .standard = "the one of `loss`", .least = 1, .record = &sc_loss_item_record,
     .example = "[{loss: mean_squared_error, weight: 0.3}]"},
    {"phases", SC_OPTION_LIST, ELSEWHERE,
     "what a step trains, where networks have losses of their own",
     .standard = "everything is trained by all losses", .least = 1, .record = &sc_phase_record,
     .example = "[{trains: generator, losses: [{loss: mse, of: generator}]}]"},
    {"metrics", SC_OPTION_LIST, ELSEWHERE, "what is measured beside the loss",
     .standard = "the accuracy, where the loss has one", .family = &sc_metric_family,
     .example = "[accuracy]"},
    {"optimizer", SC_OPTION_KIND, ELSEWHERE, "how weights move", .standard = "adam",
     .family = &sc_optimizer_family, .example = "{sgd: {lr: 0.1, momentum: 0.9}}"},
    {"train", SC_OPTION_SECTION, 0, "how long and in what portions", .standard = "all defaults",
     .record = &sc_recipe_train_record, .example = "{epochs: 5, batch: 128}"},
};
const sc_record sc_recipe_record = {
    .word = "",
    .help = "A run is described by one YAML file; JSON is YAML too. What is not required has a "
            "default.",
    .options = root_options,
    .count = COUNT(root_options),
    .standard = &standard,
    .size = sizeof standard,
};
