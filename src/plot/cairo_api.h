/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of cairo that pictures are drawn with, as pointers that are found at run time: a
 * command that draws no picture loads neither cairo nor what it stands on, and the tool runs where
 * there is none. A new function takes two lines: one in the list, one among the macros. */
#ifndef SC_PLOT_CAIRO_API_H
#define SC_PLOT_CAIRO_API_H

#include "base/env.h"

#include <cairo-svg.h>
#include <cairo.h>

#define SC_CAIRO_FUNCTIONS(X)                                                                      \
    X(cairo_arc)                                                                                   \
    X(cairo_clip)                                                                                  \
    X(cairo_close_path)                                                                            \
    X(cairo_create)                                                                                \
    X(cairo_destroy)                                                                               \
    X(cairo_fill)                                                                                  \
    X(cairo_font_options_create)                                                                   \
    X(cairo_font_options_destroy)                                                                  \
    X(cairo_font_options_set_hint_metrics)                                                         \
    X(cairo_get_source)                                                                            \
    X(cairo_image_surface_create)                                                                  \
    X(cairo_image_surface_get_data)                                                                \
    X(cairo_image_surface_get_stride)                                                              \
    X(cairo_line_to)                                                                               \
    X(cairo_move_to)                                                                               \
    X(cairo_new_path)                                                                              \
    X(cairo_paint)                                                                                 \
    X(cairo_pattern_set_filter)                                                                    \
    X(cairo_rectangle)                                                                             \
    X(cairo_restore)                                                                               \
    X(cairo_rotate)                                                                                \
    X(cairo_save)                                                                                  \
    X(cairo_scale)                                                                                 \
    X(cairo_select_font_face)                                                                      \
    X(cairo_set_dash)                                                                              \
    X(cairo_set_font_options)                                                                      \
    X(cairo_set_font_size)                                                                         \
    X(cairo_set_line_join)                                                                         \
    X(cairo_set_line_width)                                                                        \
    X(cairo_set_source_rgb)                                                                        \
    X(cairo_set_source_surface)                                                                    \
    X(cairo_show_text)                                                                             \
    X(cairo_status)                                                                                \
    X(cairo_status_to_string)                                                                      \
    X(cairo_stroke)                                                                                \
    X(cairo_surface_destroy)                                                                       \
    X(cairo_surface_finish)                                                                        \
    X(cairo_surface_flush)                                                                         \
    X(cairo_surface_mark_dirty)                                                                    \
    X(cairo_surface_status)                                                                        \
    X(cairo_svg_surface_create_for_stream)                                                         \
    X(cairo_text_extents)                                                                          \
    X(cairo_translate)

typedef struct sc_cairo_api {
#define SC_CAIRO_POINTER(name) __typeof__(name) *name;
    SC_CAIRO_FUNCTIONS(SC_CAIRO_POINTER)
#undef SC_CAIRO_POINTER
} sc_cairo_api;

/* Filled by the first sc_cairo_load that succeeds, and the same from then on. */
extern sc_cairo_api sc_cairo_calls;

/* Opens cairo, once for the process. UNSUPPORTED when there is none. Thread: any. */
socle_status sc_cairo_load(sc_env *env);

#define cairo_arc sc_cairo_calls.cairo_arc
#define cairo_clip sc_cairo_calls.cairo_clip
#define cairo_close_path sc_cairo_calls.cairo_close_path
#define cairo_create sc_cairo_calls.cairo_create
#define cairo_destroy sc_cairo_calls.cairo_destroy
#define cairo_fill sc_cairo_calls.cairo_fill
#define cairo_font_options_create sc_cairo_calls.cairo_font_options_create
#define cairo_font_options_destroy sc_cairo_calls.cairo_font_options_destroy
#define cairo_font_options_set_hint_metrics sc_cairo_calls.cairo_font_options_set_hint_metrics
#define cairo_get_source sc_cairo_calls.cairo_get_source
#define cairo_image_surface_create sc_cairo_calls.cairo_image_surface_create
#define cairo_image_surface_get_data sc_cairo_calls.cairo_image_surface_get_data
#define cairo_image_surface_get_stride sc_cairo_calls.cairo_image_surface_get_stride
#define cairo_line_to sc_cairo_calls.cairo_line_to
#define cairo_move_to sc_cairo_calls.cairo_move_to
#define cairo_new_path sc_cairo_calls.cairo_new_path
#define cairo_paint sc_cairo_calls.cairo_paint
#define cairo_pattern_set_filter sc_cairo_calls.cairo_pattern_set_filter
#define cairo_rectangle sc_cairo_calls.cairo_rectangle
#define cairo_restore sc_cairo_calls.cairo_restore
#define cairo_rotate sc_cairo_calls.cairo_rotate
#define cairo_save sc_cairo_calls.cairo_save
#define cairo_scale sc_cairo_calls.cairo_scale
#define cairo_select_font_face sc_cairo_calls.cairo_select_font_face
#define cairo_set_dash sc_cairo_calls.cairo_set_dash
#define cairo_set_font_options sc_cairo_calls.cairo_set_font_options
#define cairo_set_font_size sc_cairo_calls.cairo_set_font_size
#define cairo_set_line_join sc_cairo_calls.cairo_set_line_join
#define cairo_set_line_width sc_cairo_calls.cairo_set_line_width
#define cairo_set_source_rgb sc_cairo_calls.cairo_set_source_rgb
#define cairo_set_source_surface sc_cairo_calls.cairo_set_source_surface
#define cairo_show_text sc_cairo_calls.cairo_show_text
#define cairo_status sc_cairo_calls.cairo_status
#define cairo_status_to_string sc_cairo_calls.cairo_status_to_string
#define cairo_stroke sc_cairo_calls.cairo_stroke
#define cairo_surface_destroy sc_cairo_calls.cairo_surface_destroy
#define cairo_surface_finish sc_cairo_calls.cairo_surface_finish
#define cairo_surface_flush sc_cairo_calls.cairo_surface_flush
#define cairo_surface_mark_dirty sc_cairo_calls.cairo_surface_mark_dirty
#define cairo_surface_status sc_cairo_calls.cairo_surface_status
#define cairo_svg_surface_create_for_stream sc_cairo_calls.cairo_svg_surface_create_for_stream
#define cairo_text_extents sc_cairo_calls.cairo_text_extents
#define cairo_translate sc_cairo_calls.cairo_translate

#endif
