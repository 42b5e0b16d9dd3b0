/* fault_early_commit.c - a journal that writes the commit block before what it commits is safe.
 * Linked with --wrap=journal_write_body and --wrap=journal_write_end.
 */
#include "fault.h"

#include "servers/ext2/journal.h"

const char *const planted_fault = "commit written early";

enum error __real_journal_write_end(struct journal *journal, const struct journal_batch *batch);
enum error __wrap_journal_write_end(struct journal *journal, const struct journal_batch *batch);
enum error __real_journal_write_body(struct journal *journal, const struct journal_batch *batch);
enum error __wrap_journal_write_body(struct journal *journal, const struct journal_batch *batch);

enum error __wrap_journal_write_body(struct journal *journal, const struct journal_batch *batch)
{
    enum error error = __real_journal_write_body(journal, batch);

    return error == E_OK ? __real_journal_write_end(journal, batch) : error;
}

enum error __wrap_journal_write_end(struct journal *journal, const struct journal_batch *batch)
{
    (void)journal, (void)batch;
    return E_OK;
}
