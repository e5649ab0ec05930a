/*
 * histogram.h - times in microseconds, each known to 1.6 %: 64 steps for each power of two.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS 64

typedef struct histogram_t {
    unsigned long count[64 * HISTOGRAM_STEPS], all;
    uint64_t most;
} histogram_t;

static inline unsigned histogram_place(uint64_t time)
{
    int power = time < HISTOGRAM_STEPS ? 0 : 57 - __builtin_clzll(time);

    return (unsigned)power * HISTOGRAM_STEPS + (unsigned)(time >> power);
}

static inline void histogram_add(histogram_t *h, uint64_t time)
{
    h->count[histogram_place(time)]++;
    h->all++;
    h->most = time > h->most ? time : h->most;
}

/* The time that this share of all stays below. */
static inline uint64_t histogram_share(const histogram_t *h, double share)
{
    unsigned long seen = 0;
    uint64_t time;
    unsigned i;

    for (i = 0; i < 64 * HISTOGRAM_STEPS; i++) {
        seen += h->count[i];
        if (seen > 0 && (double)seen >= share * (double)h->all) {
            unsigned power = i < 2 * HISTOGRAM_STEPS ? 0 : i / HISTOGRAM_STEPS - 1;

            time = (uint64_t)(i - power * HISTOGRAM_STEPS) << power;
            return time < h->most ? time : h->most;
        }
    }
    return h->most;
}

#endif
