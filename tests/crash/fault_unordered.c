/* fault_unordered.c - a store that writes contents only after the metadata that name them. Linked
 * with --wrap=store_write_contents and --wrap=store_end_transaction.
 */
#include "fault.h"

#include "servers/ext2/cache.h"

const char *const planted_fault = "ordered mode off";

enum error __real_store_write_contents(struct store *store);
enum error __wrap_store_write_contents(struct store *store);
void __real_store_end_transaction(struct store *store, uint64_t number);
void __wrap_store_end_transaction(struct store *store, uint64_t number);

enum error __wrap_store_write_contents(struct store *store)
{
    (void)store;
    return E_OK;
}

void __wrap_store_end_transaction(struct store *store, uint64_t number)
{
    (void)!__real_store_write_contents(store);
    __real_store_end_transaction(store, number);
}
