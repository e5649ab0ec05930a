/*
 * memory.h - a directory in the memory of one process: for unit tests and fuzzing.
 *
 * It keeps every promise of scim_directory_provider_t but durability, and is the model the
 * other providers are tested against.
 *
 * `open` ignores what is indexed, and its server argument. The pool it gets stands for the
 * database: directories opened in one pool with different names are separate but for their ids,
 * which are unique over all; opened again with the same name, a directory is the same one.
 * Directories of different pools have nothing in common.
 *
 * Units of work run one at a time, so one must not start another one in the same pool.
 */
#ifndef SCIM_DIRECTORY_MEMORY_H
#define SCIM_DIRECTORY_MEMORY_H

#include "mod_scim.h"

extern const scim_directory_provider_t scim_memory_provider;

#endif
