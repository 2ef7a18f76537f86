import type { Recipe } from './recipe.ts';
import { busybox } from './recipes/busybox.ts';
import { httpd } from './recipes/httpd.ts';
import { nginx } from './recipes/nginx.ts';
import { postgresql } from './recipes/postgresql.ts';
import { python } from './recipes/python.ts';
import { redis } from './recipes/redis.ts';

export const recipes: ReadonlyMap<string, Recipe> = new Map(
  Object.entries({ busybox, httpd, nginx, redis, python, postgresql }),
);
