/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `socle search` share: the search as it lies in its directory, and its
 * candidates. A candidate is a run directory of its own; what is known of it is read there, so that
 * a search goes on after any end. */
#ifndef SC_CLI_SEARCH_H
#define SC_CLI_SEARCH_H

#include "cli/cmd_train.h"
#include "cli/search_space.h"

#define SC_SEARCH_FILE "search.json"
#define SC_SEARCH_RESULTS "results.json"
#define SC_SEARCH_TABLE "results.csv"
#define SC_SEARCH_BEST "best.json"
enum { SC_SEARCH_RUNS = 10000, SC_SEARCH_NAME = 28 };

typedef struct sc_search_candidate {
    int64_t number;            /* from 0 */
    char name[SC_SEARCH_NAME]; /* of its directory: "run-001" */
    int64_t epochs;            /* that were judged */
    int rounds;                /* that it took part in */
    double judged, loss;       /* of its best epoch; NaN: it has none */
    bool diverged;
} sc_search_candidate;

typedef struct sc_search {
    sc_cli *cli;
    const char *directory;
    sc_directory *place; /* held while the search goes on */
    uint64_t memory;
    json_t *file; /* what search.json says */
    char *config; /* the configuration, as JSON text */
    sc_search_space space;
    int64_t runs, halving, epochs;  /* epochs: of a whole run */
    char judge[SC_NAME_MOST + 8];   /* the column by which runs are judged: "val_accuracy" */
    bool higher;                    /* values of it are better */
    sc_search_candidate *candidate; /* as many as runs; the best first */
} sc_search;

/* search_file.c. A new search, which is not on disk yet: `config` is the configuration, with what
 * --set says over it. */
socle_status sc_search_begin(sc_search *search, const sc_config *config, char *const *over,
                             int count);
/* Writes search.json of one that was begun. */
socle_status sc_search_write_file(const sc_search *search);
/* Reads it, of a search that was begun. Errors: DATA (there is none, or it is damaged). */
socle_status sc_search_read(sc_search *search);
void sc_search_free(sc_search *search);
/* The name of a candidate's directory. */
void sc_search_name(char out[SC_SEARCH_NAME], int64_t number);
/* The configuration of a candidate (-1: as it was given). */
socle_status sc_search_config(sc_config **out, const sc_search *search, int64_t number);

/* search_place.c. Makes the directory of a new search and takes it. `overwrite`: a search that lies
 * there is removed, with its runs. Errors: CONFIG (it holds a search, or what is none), STATE (in
 * use), IO. */
socle_status sc_search_place(sc_search *search, bool overwrite);

/* search_run.c. Lets a candidate go on until `epochs` of its epochs are done, on these devices.
 * What ends it but its own divergence ends the search. */
socle_status sc_search_run(sc_search *search, sc_search_candidate *candidate, int64_t epochs,
                           const sc_fleet_device *device, int count);
/* What its directory says of it, up to that epoch. */
socle_status sc_search_judge(const sc_search *search, sc_search_candidate *candidate,
                             int64_t epochs);
/* Best first: by rounds, then by what they are judged by, then by loss. */
void sc_search_sort(sc_search *search);

/* search_results.c: results.csv, results.json, and best.json, which is the configuration of the
 * best. */
socle_status sc_search_write(const sc_search *search);
socle_status sc_search_print(const sc_search *search);

#endif
