/* node.c - the files themselves. */
#include "ramfs.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "space.h"

enum { BLOCK_UNIT = 512, NS_PER_SECOND = 1000000000 };

static uint64_t next_inode = 1;

int64_t node_now_ns(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

bool node_is_directory(const struct file_node *node) { return S_ISDIR(node->mode); }

struct file_node *node_make(uint32_t mode)
{
    struct file_node *node = space_take(sizeof *node);

    if (node == NULL)
        return NULL;
    node->inode = next_inode++;
    node->mode = mode;
    node->accessed_ns = node->modified_ns = node->changed_ns = node_now_ns();
    if (node_is_directory(node)) {
        RB_INIT(&node->names);
        RB_INIT(&node->numbers);
    }
    return node;
}

void node_hold(struct file_node *node) { node->holders++; }

void node_free(struct file_node *node)
{
    if (S_ISREG(node->mode))
        pages_cut(&node->pages, 0);
    else if (S_ISLNK(node->mode))
        space_give(node->target, node->size + 1);
    space_give(node, sizeof *node);
}

/* A directory holds the one above, which may go with it, and so on. */
void node_put(struct file_node *node)
{
    while (node != NULL && --node->holders == 0 && node->links == 0) {
        struct file_node *parent = node_is_directory(node) ? node->parent : NULL;

        node_free(node);
        node = parent;
    }
}

void node_modified(struct file_node *node) { node->modified_ns = node->changed_ns = node_now_ns(); }

void node_describe(const struct file_node *node, struct file_status *status)
{
    *status = (struct file_status){
        .device = (uint64_t)getpid(),
        .inode = node->inode,
        .mode = node->mode,
        .links = node->links,
        .user = node->user,
        .group = node->group,
        .size = node->size,
        .blocks = S_ISREG(node->mode) ? node->pages.count * (SPACE_PAGE / BLOCK_UNIT) : 0,
        .block_size = SPACE_PAGE,
        .accessed_ns = node->accessed_ns,
        .modified_ns = node->modified_ns,
        .changed_ns = node->changed_ns,
    };
}

static int64_t time_or(int64_t wanted, int64_t now)
{
    return wanted == FILE_TIME_NOW ? now : wanted;
}

void node_change(struct file_node *node, const struct file_change *change)
{
    int64_t now = node_now_ns();

    if ((change->fields & FILE_CHANGE_MODE) != 0)
        node->mode = (node->mode & S_IFMT) | change->mode;
    if ((change->fields & FILE_CHANGE_USER) != 0)
        node->user = change->user;
    if ((change->fields & FILE_CHANGE_GROUP) != 0)
        node->group = change->group;
    if ((change->fields & FILE_CHANGE_ACCESSED) != 0)
        node->accessed_ns = time_or(change->accessed_ns, now);
    if ((change->fields & FILE_CHANGE_MODIFIED) != 0)
        node->modified_ns = time_or(change->modified_ns, now);
    node->changed_ns = now;
}
