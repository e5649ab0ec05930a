/*
 * memory.h - a directory in the memory of one process: for unit tests and fuzzing.
 *
 * It keeps every promise of scim_directory_provider_t but durability, and is the model the other
 * providers are tested against.
 */
#ifndef SCIM_DIRECTORY_MEMORY_H
#define SCIM_DIRECTORY_MEMORY_H

#include "mod_scim.h"

/* `open` ignores its server argument; directories opened with different names are separate stores. */
extern const scim_directory_provider_t scim_memory_provider;

#endif
