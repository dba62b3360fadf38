/* SPDX-License-Identifier: Apache-2.0 */
/* The search for the micro-batch. What an engine takes grows with the rows, nearly along a straight
 * line, but for its partial sums, which grow with the number of micro-batches and are known
 * exactly. So a line through what was measured says where to look, and a forecast there says
 * whether it fits:
 *
 *   bytes |            x  too many
 *         |        . '
 *   room  |----. '---- -- the next forecast is where the line meets the room
 *         | x            fits
 *         +------------------ rows
 *
 * It ends when every even split of the batch above the best one is ruled out: measured, or measured
 * at fewer rows to be too much. */
#include "engine/forecast.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { MOST_POINTS = 40, MOST_NEAR_MISSES = 4, MOST_RECOMPUTATIONS = 6 };

typedef struct point {
    int64_t rows;
    bool known; /* false: beyond what can be addressed */
    bool fits;
    uint64_t needed;
    double sums; /* bytes of the partial sums in it */
    sc_forecast forecast;
} point;

typedef struct search {
    sc_device *device;
    sc_net *net;
    const sc_forecast_request *request;
    sc_memory_use use;
    point point[MOST_POINTS]; /* by rows, ascending */
    int points, forecasts, near_misses;
} search;

/* Even splits of the batch: the largest share of at most `rows`. */
static int64_t even_rows(int64_t batch, int64_t rows) {
    return sc_ceil_div(batch, sc_ceil_div(batch, rows));
}

static sc_engine_options options_for(const search *s, int64_t rows, bool resident) {
    sc_engine_options options = s->request->engine;
    if (!options.slots) options.slots = SC_ENGINE_STANDARD_SLOTS;
    options.capacity = rows;
    options.micro_batches = sc_ceil_div(s->request->batch, rows);
    options.resident = resident;
    options.data_rows = resident ? s->request->resident_rows : 0;
    return options;
}

static void judge(const search *s, sc_forecast *forecast) {
    const sc_device_info *info = &s->device->info;
    const sc_engine_memory *memory = &forecast->memory;
    uint64_t slots = (uint64_t)forecast->engine.slots;
    forecast->staging = memory->staging;
    if (s->request->stages > 0) forecast->staging += slots * memory->slot;
    if (s->request->stages > 1) forecast->staging += slots * memory->evaluation_slot;
    forecast->needed =
        memory->total + (info->traits & SC_TRAIT_HOST_MEMORY ? forecast->staging : 0);
    forecast->budget = s->use.budget ? s->use.budget : info->memory;
    forecast->available = forecast->budget > s->use.bounded ? forecast->budget - s->use.bounded : 0;
    forecast->max_allocation = info->max_allocation;
    forecast->fits =
        forecast->needed <= forecast->available && memory->piece <= info->max_allocation;
    forecast->forecasts = s->forecasts;
}

static socle_status measure(search *s, sc_forecast *out, int64_t rows, bool resident) {
    out->engine = options_for(s, rows, resident);
    s->forecasts++;
    SC_TRY(sc_engine_forecast(&out->memory, s->device, s->net, &out->engine, s->request->uses));
    judge(s, out);
    return SOCLE_OK;
}

/* Measures staged data at `rows` and keeps the point. Sizes beyond what can be addressed are no
 * errors where fewer rows may do. */
static socle_status add_point(search *s, int64_t rows) {
    point new = {.rows = rows};
    socle_status status = measure(s, &new.forecast, rows, false);
    bool too_large = (status == SOCLE_STATUS_SHAPE || status == SOCLE_STATUS_DEVICE_MEMORY) &&
                     rows > 1 && !s->request->fixed;
    if (status != SOCLE_OK && !too_large) return status;
    new.known = status == SOCLE_OK;
    if (new.known) {
        new.fits = new.forecast.fits;
        new.needed = new.forecast.needed;
        new.sums = (double)new.forecast.memory.gradients;
    }
    int at = s->points++;
    for (; at > 0 && s->point[at - 1].rows > rows; at--) s->point[at] = s->point[at - 1];
    s->point[at] = new;
    return SOCLE_OK;
}

/* The line through the two known points nearest to `rows`; through zero where there is one. */
static double on_line(const search *s, int64_t rows, double (*value)(const point *)) {
    const point *a = NULL, *b = NULL;
    for (int i = 0; i < s->points; i++) {
        const point *p = &s->point[i];
        if (!p->known) continue;
        if (!b || p->rows <= rows || b->rows < rows) {
            a = b;
            b = p;
        }
    }
    if (!b) return INFINITY;
    if (!a) return value(b) * (double)rows / (double)b->rows;
    return value(a) +
           (value(b) - value(a)) * (double)(rows - a->rows) / (double)(b->rows - a->rows);
}

static double straight_part(const point *p) {
    return (double)p->needed - p->sums;
}

static double largest_piece(const point *p) {
    return (double)p->forecast.memory.piece;
}

/* The partial sums at `rows`; the point of the fewest rows is always known. */
static double sums_at(const search *s, int64_t rows) {
    const sc_engine_options options = options_for(s, rows, false),
                            first = options_for(s, s->point[0].rows, false);
    return s->point[0].sums / sc_engine_partial_slots(&first) * sc_engine_partial_slots(&options);
}

/* Measured already, or fewer rows are too much by what never shrinks. */
static bool is_ruled_out(const search *s, int64_t rows, double sums, double room, double limit) {
    for (int i = 0; i < s->points && s->point[i].rows <= rows; i++) {
        const point *p = &s->point[i];
        if (p->rows == rows || !p->known || straight_part(p) + sums > room ||
            largest_piece(p) > limit)
            return true;
    }
    return false;
}

/* The most rows above `low` that may fit; 0: none. `low`, if not 0, fits, and its neighbour is
 * worth a look even if the line says no; where nothing fits yet, the nearest miss is. */
static int64_t next_rows(search *s, int64_t low, int64_t most) {
    double room = (double)s->point[0].forecast.available,
           limit = (double)s->device->info.max_allocation, least = INFINITY;
    int64_t worth = 0;
    for (int64_t rows = most; rows > low; rows--) {
        rows = even_rows(s->request->batch, rows);
        if (rows <= low) break;
        double sums = sums_at(s, rows), need = on_line(s, rows, straight_part) + sums;
        if (is_ruled_out(s, rows, sums, room, limit)) continue;
        if (need <= room && on_line(s, rows, largest_piece) <= limit) return rows;
        if (!low && need >= least) continue;
        least = need;
        worth = rows;
    }
    return low || s->near_misses++ < MOST_NEAR_MISSES ? worth : 0;
}

static const point *best_point(const search *s) {
    const point *best = NULL;
    for (int i = 0; i < s->points; i++)
        if (s->point[i].fits) best = &s->point[i];
    if (best) return best;
    for (int i = 0; i < s->points; i++) /* none: what comes nearest */
        if (s->point[i].known && (!best || s->point[i].needed < best->needed)) best = &s->point[i];
    return best;
}

/* Fewer rows than all, until the bounds meet. */
static socle_status search_rows(search *s, int64_t most) {
    if (most > 1) SC_TRY(add_point(s, 1));
    while (s->points < MOST_POINTS) {
        const point *best = best_point(s);
        int64_t rows = next_rows(s, best && best->fits ? best->rows : 0, most);
        if (!rows) break;
        SC_TRY(add_point(s, rows));
    }
    return SOCLE_OK;
}

static socle_status refuse_piece(const search *s, const sc_forecast *f) {
    return sc_fail(s->device->env, SOCLE_STATUS_DEVICE_MEMORY,
                   "%s: the %s of %zu bytes must lie in one piece, %" PRIu64
                   " more than the device allocates at once (%" PRIu64
                   "), with micro-batches of %lld; use smaller layers or another device",
                   s->device->info.name, f->memory.piece_name, f->memory.piece,
                   f->memory.piece - f->max_allocation, f->max_allocation,
                   (long long)f->engine.capacity);
}

static socle_status refuse(const search *s, const sc_forecast *f) {
    const sc_engine_memory *m = &f->memory;
    char layer[SC_NAME_TEXT + 80] = "";
    if (m->piece > f->max_allocation) return refuse_piece(s, f);
    if (m->heaviest_layer[0])
        snprintf(layer, sizeof layer, ". The layer %s holds the most, %zu bytes", m->heaviest_layer,
                 m->heaviest);
    return sc_fail(s->device->env, SOCLE_STATUS_DEVICE_MEMORY,
                   "%s: %s micro-batch of %lld takes %" PRIu64 " bytes, %" PRIu64
                   " more than the %" PRIu64 " available of the budget of %" PRIu64
                   "%s; use %s, a larger memory budget, or another device",
                   s->device->info.name,
                   s->request->fixed        ? "the"
                   : f->engine.capacity > 1 ? "the best"
                                            : "even a",
                   (long long)f->engine.capacity, f->needed, f->needed - f->available, f->available,
                   f->budget, layer,
                   s->request->fixed ? "a smaller batch or smaller layers" : "smaller layers");
}

/* Recomputation (graph/recompute.h), where no micro-batch fits as the network stands: asks for
 * activations smaller by what is missing, and again by what is then still missing, since a plan
 * takes somewhat more than is asked for. False: nothing fits. */
static bool with_recomputation(search *s, sc_forecast *out) {
    sc_forecast tried = *out;
    if (tried.memory.piece > tried.max_allocation) return false;
    size_t wanted = tried.memory.activations;
    for (int i = 0; i < MOST_RECOMPUTATIONS && !tried.fits; i++) {
        uint64_t missing = tried.needed > tried.available ? tried.needed - tried.available : 0;
        if (!missing || missing >= wanted) return false;
        wanted -= (size_t)missing;
        sc_engine_options options = tried.engine;
        options.recompute = true;
        options.activation_bytes = wanted;
        s->forecasts++;
        if (sc_engine_forecast(&tried.memory, s->device, s->net, &options, s->request->uses) !=
            SOCLE_OK)
            return false;
        tried.engine = options;
        judge(s, &tried);
    }
    if (tried.fits) *out = tried;
    return tried.fits;
}

/* Row numbers and offsets within resident data are 32 bits on the device. */
static bool may_stay(const search *s, const sc_forecast *resident) {
    const uint64_t addressable = UINT64_C(1) << 31;
    return resident->fits && resident->memory.data <= resident->available / 2 &&
           resident->memory.data < addressable && s->request->resident_rows < addressable;
}

static socle_status solve(search *s, sc_forecast *out) {
    const sc_forecast_request *request = s->request;
    int64_t most = request->most && request->most < request->batch ? request->most : request->batch;
    if (!request->fixed) most = even_rows(request->batch, most);
    socle_status resident =
        request->resident_rows ? measure(s, out, most, true) : SOCLE_STATUS_DEVICE_MEMORY;
    if (resident == SOCLE_STATUS_OUT_OF_MEMORY || (resident == SOCLE_OK && may_stay(s, out)))
        return resident;
    SC_TRY(add_point(s, most));
    if (!s->point[0].fits && !request->fixed) SC_TRY(search_rows(s, most));
    *out = best_point(s)->forecast;
    out->forecasts = s->forecasts;
    if (out->fits || with_recomputation(s, out)) return SOCLE_OK;
    return refuse(s, out);
}

/* An evaluation keeps no activations for a backward pass, so more rows may fit than in training:
 * all that are wanted, or an even part of them. Where no more fit it takes those of a micro-batch.
 */
static socle_status widen_evaluation(search *s, sc_forecast *out) {
    const sc_forecast_request *request = s->request;
    if (!request->uses.evaluates || !out->fits) return SOCLE_OK;
    for (int64_t parts = 1, rows;
         (rows = sc_ceil_div(request->evaluation, parts)) > out->engine.capacity; parts *= 2) {
        sc_forecast tried = *out;
        tried.engine.evaluation = rows;
        s->forecasts++;
        socle_status status =
            sc_engine_forecast(&tried.memory, s->device, s->net, &tried.engine, request->uses);
        if (status == SOCLE_STATUS_SHAPE || status == SOCLE_STATUS_DEVICE_MEMORY) continue;
        SC_TRY(status);
        judge(s, &tried);
        if (!tried.fits) continue;
        *out = tried;
        break;
    }
    return SOCLE_OK;
}

socle_status sc_forecast_micro_batch(sc_forecast *out, sc_device *device, sc_net *net,
                                     const sc_forecast_request *request) {
    search *s;
    *out = (sc_forecast){.engine = request->engine};
    SC_TRY(sc_allocate(device->env, &s, 1, sizeof *s));
    s->device = device;
    s->net = net;
    s->request = request;
    s->use = sc_device_memory(device);
    socle_status status = solve(s, out);
    if (status == SOCLE_OK) status = widen_evaluation(s, out);
    sc_release(device->env, s);
    return status;
}
