/* SPDX-License-Identifier: Apache-2.0 */
/* What a part of the data may say (`data.train`, `data.test`): where its samples come from, and
 * what is done with them whatever they come from. Which keys belong to which source is in
 * readers.c. */
#include "run/recipe_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(field) offsetof(sc_recipe_part, field)
#define ELSEWHERE SC_OPTION_ELSEWHERE

static const sc_word decimals[] = {
    {".", "a point: 3.14", "point"}, {",", "a comma: 3,14", "comma"}, {0}};

static const sc_word colours[] = {
    {"grey", "one channel: 0.299 red + 0.587 green + 0.114 blue", "gray"},
    {"rgb", "three channels: red, green and blue", NULL},
    {0}};

static const sc_word text_labels[] = {{"next", "what comes behind it", NULL},
                                      {"each", "what comes behind each of its places", "all"},
                                      {0}};

static const sc_option column_options[] = {
    {"name", SC_OPTION_TEXT, offsetof(sc_column_wish, name), "which column", .required = true,
     .example = "age"},
    {"kind", SC_OPTION_WORD, offsetof(sc_column_wish, kind), "what its values are",
     .standard = "found by looking", .words = sc_field_kinds, .example = "categorical"},
    {"scale", SC_OPTION_WORD, offsetof(sc_column_wish, scale), "what becomes of its numbers",
     .standard = "as of all columns", .words = sc_field_scales, .example = "min_max"},
    {"missing", SC_OPTION_WORD, offsetof(sc_column_wish, missing),
     "what takes the place of no value", .standard = "as of all columns", .words = sc_field_missing,
     .example = "median"},
    {"encode", SC_OPTION_WORD, offsetof(sc_column_wish, encode), "what its categories become",
     .standard = "as of all columns", .words = sc_field_encodings, .example = "embedding"},
};
const sc_record sc_recipe_column_record = {
    .word = "data.train.columns",
    .help = "One column of a CSV file, where it is not to be treated as the others.",
    .options = column_options,
    .count = COUNT(column_options),
    .standard = &(const sc_column_wish){0},
    .size = sizeof(sc_column_wish),
};

static const sc_option part_options[] = {
    {"images", SC_OPTION_PATHS, AT(images), "an IDX or .npy file, plain or gzip", .least = 1,
     .most = 1000, .required = true, .unless = "csv folder text generate",
     .example = "train-images-idx3-ubyte.gz"},
    {"labels", SC_OPTION_PATHS, AT(labels),
     "an IDX or .npy file with a label or a value per sample, per token (two dimensions) or per "
     "pixel "
     "(three)",
     .least = 1, .most = 1000, .required = true, .unless = "csv folder text generate",
     .example = "train-labels-idx1-ubyte.gz"},
    {"inputs", SC_OPTION_MAP, ELSEWHERE,
     "an IDX or .npy file for each input of the network beside the images, with as many samples",
     .standard = "images alone", .example = "{length: train-lengths-idx1-ubyte.gz}"},
    {"mask", SC_OPTION_PATHS, ELSEWHERE,
     "an IDX or .npy file of 0 and 1 (u8 or f32), as many as labels: what has 0 counts neither in "
     "the loss "
     "nor in its mean nor in the metrics",
     .least = 1, .most = 1000, .standard = "all counts", .example = "train-mask-idx2-ubyte.gz"},
    {"csv", SC_OPTION_PATHS, AT(csv),
     "a table as CSV, plain or gzip, in the place of `images`: its columns are the input and the "
     "target; the model keeps what was learnt of them, and predicts from raw rows",
     .least = 1, .most = 1000, .required = true, .unless = "images folder text generate",
     .example = "iris.csv"},
    {"folder", SC_OPTION_PATH, AT(folder),
     "PNG and JPEG files, in the place of `images`: a folder with a folder for each class, which "
     "is "
     "named as the class",
     .required = true, .unless = "images csv text generate", .example = "animals/train"},
    {"text", SC_OPTION_PATHS, AT(text),
     "text files, in the place of `images`: samples are pieces of the text as whole numbers, and "
     "what comes next",
     .least = 1, .most = 1000, .required = true, .unless = "images csv folder generate",
     .example = "novel.txt"},
    {"by", SC_OPTION_WORD, AT(by), "what a text is cut into", .words = sc_token_kinds,
     .example = "word"},
    {"length", SC_OPTION_LONG, AT(length), "characters or words of a sample of a text", 1, 1 << 20,
     .example = "64"},
    {"every", SC_OPTION_LONG, AT(every), "how far apart samples of a text begin; 0: its length", 0,
     1 << 20, .example = "1"},
    {"labels_of", SC_OPTION_WORD, AT(labels_of), "what the label of a sample of a text is",
     .words = text_labels, .example = "each"},
    {"vocabulary", SC_OPTION_LONG, AT(vocabulary),
     "so many of the most frequent characters or words of the text have numbers of their own, from "
     "1; 0: all; others are 0",
     0, SC_VOCABULARY - 1, .example = "5000"},
    {"generate", SC_OPTION_KIND, AT(toy),
     "toy data, in the place of files: points that a rule gives a class or a value, or pictures",
     .required = true, .unless = "images csv folder text", .family = &sc_toy_family,
     .example = "{spiral: {samples: 600, noise: 0.1}}"},
    {"target", SC_OPTION_NAMES, ELSEWHERE,
     "the column that is predicted, or several of numbers; text and whole numbers are classes, "
     "where the loss compares classes",
     .least = 1, .most = 64, .standard = "none", .example = "species"},
    {"features", SC_OPTION_NAMES, ELSEWHERE, "the columns of the table that are inputs", .least = 1,
     .most = SC_FRAME_COLUMNS, .standard = "all that are not targets", .example = "[age, bmi]"},
    {"ignore", SC_OPTION_NAMES, ELSEWHERE, "columns of the table that are left out", .least = 1,
     .most = SC_FRAME_COLUMNS, .standard = "none", .example = "[name, ticket]"},
    {"columns", SC_OPTION_LIST, ELSEWHERE, "what one column is, where looking finds another thing",
     .standard = "found by looking", .record = &sc_recipe_column_record,
     .example = "[{name: class, kind: categorical}]"},
    {"standardise", SC_OPTION_BOOL, AT(standardise),
     "numbers of the table, targets too, minus their mean and divided by their standard deviation; "
     "both of the rows that are trained on",
     .example = "true", .aliases = "standardize"},
    {"min_max", SC_OPTION_BOOL, AT(min_max),
     "numbers of the table, targets too, from 0 (the least of the rows that are trained on) to 1",
     .example = "true", .aliases = "normalise normalize"},
    {"missing", SC_OPTION_WORD, AT(missing),
     "what takes the place of no value (nothing, NA, NaN, null, ?)", .words = sc_field_missing,
     .example = "median"},
    {"encode", SC_OPTION_WORD, AT(encode), "what categories of the table's inputs become",
     .words = sc_field_encodings, .example = "both"},
    {"group", SC_OPTION_NAMES, ELSEWHERE,
     "a column of the table, no input: rows with the same value are never both trained on and "
     "validated with",
     .least = 1, .most = 1, .standard = "each row by itself", .example = "patient"},
    {"separator", SC_OPTION_TEXT, AT(separator), "what stands between cells: a character, or tab",
     .standard = "the most frequent one of , ; tab | in the first line", .example = "\";\"",
     .aliases = "delimiter sep"},
    {"header", SC_OPTION_BOOL, ELSEWHERE,
     "the first row names the columns; else they are column1, column2 and so on",
     .standard = "true where no cell of the first row is a number", .example = "false"},
    {"decimal", SC_OPTION_WORD, AT(decimal), "what decimals begin with", .words = decimals,
     .example = "\",\""},
    {"classes", SC_OPTION_NUMBERS, ELSEWHERE,
     "the samples of these classes alone, which become classes 0, 1, ... in this order", 0,
     INT32_MAX, .standard = "all, under their own numbers", .example = "[5, 6, 7, 8, 9]"},
    {"per_class", SC_OPTION_LONG, AT(per_class),
     "at most so many samples of each class, the first ones; 0: all", 0, UINT32_MAX,
     .example = "50", .unit = "samples"},
    {"size", SC_OPTION_PAIR, ELSEWHERE, "what pictures of a folder are scaled to", 1,
     SC_PICTURE_SIDE, .standard = "all pictures have the size of the first", .unit = "pixels",
     .example = "[32, 32]"},
    {"colour", SC_OPTION_WORD, AT(colour), "what the colours of pictures of a folder become",
     .standard = "as in the first picture", .words = colours, .example = "grey",
     .aliases = "color"},
    {"stream", SC_OPTION_BOOL, AT(stream),
     "images, or pictures of a folder, stay in their files and are read when they are needed: for "
     "data larger than memory; plot reads them whole",
     .example = "true"},
    {"limit", SC_OPTION_LONG, AT(limit), "use the first so many samples; 0: all", 0, UINT32_MAX,
     .example = "1000", .unit = "samples"},
    {"class_weights", SC_OPTION_NUMBERS, ELSEWHERE, "how much a sample of each class counts", 0,
     1e15, .standard = "every sample counts 1", .example = "[1, 2.5]", .aliases = "class_weight"},
};
const sc_record sc_recipe_part_record = {
    .word = "data.train",
    .help =
        "The training data. `data.validation` and `data.test` have the same keys: data that are "
        "never trained on. The first are measured after each epoch, with the others the run "
        "ends.",
    .options = part_options,
    .count = COUNT(part_options),
    .standard = &(const sc_recipe_part){.toy = {.kind = "xor"},
                                        .missing = "refuse",
                                        .encode = "one_hot",
                                        .decimal = ".",
                                        .by = "character",
                                        .length = 32,
                                        .labels_of = "next"},
    .size = sizeof(sc_recipe_part),
};
