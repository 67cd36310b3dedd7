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

package io.github.atmosphererelay.autoconfigure;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * The application's database that holds the tables of the outbox and of the JDBC relay.
 * It is no bean of type {@link DataSource}, so that the application's stays the only one.
 *
 * @param dataSource the bean of the application
 * @param beanName its name, or {@code null} if it is the only or the primary one
 */
record MessagingDataSource(DataSource dataSource, @Nullable String beanName) {
}
