/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.actuate.internal;

import java.util.Map;
import java.util.function.Supplier;

/**
 * What is wrong with a part of this node, for its health.
 *
 * @param part the name of the part, under which health tells its problems, such as
 * {@code feeds}
 * @param problems returns the problem of each thing of the part that does not work, by
 * the thing's name; must not block
 */
public record HealthProblems(String part, Supplier<Map<String, String>> problems) {

}
